// Generated from crds/multigridtrainingjob.yaml by scripts/generate-types.ts. Do not edit.

/** Schema of a MultigridTrainingJob for ajv; closed objects, so that unknown fields are found. */
export const JOB_SCHEMA: Readonly<Record<string, unknown>> = {
 "additionalProperties": false,
 "type": "object",
 "required": [
  "metadata",
  "spec"
 ],
 "properties": {
  "apiVersion": {
   "type": "string"
  },
  "kind": {
   "type": "string"
  },
  "metadata": {
   "type": "object",
   "required": [
    "name"
   ],
   "additionalProperties": true,
   "properties": {
    "name": {
     "type": "string"
    },
    "namespace": {
     "type": "string"
    },
    "uid": {
     "type": "string"
    },
    "resourceVersion": {
     "type": "string"
    },
    "generation": {
     "type": "integer"
    },
    "creationTimestamp": {
     "type": "string"
    },
    "deletionTimestamp": {
     "type": "string"
    },
    "labels": {
     "type": "object",
     "additionalProperties": {
      "type": "string"
     }
    },
    "annotations": {
     "type": "object",
     "additionalProperties": {
      "type": "string"
     }
    },
    "finalizers": {
     "type": "array",
     "items": {
      "type": "string"
     }
    }
   }
  },
  "spec": {
   "additionalProperties": false,
   "type": "object",
   "required": [
    "model",
    "data",
    "recipe"
   ],
   "properties": {
    "model": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "numClasses"
     ],
     "properties": {
      "name": {
       "type": "string",
       "enum": [
        "slowfast-small",
        "i3d-small",
        "c2d-small",
        "slow-small",
        "i3d-nln-small",
        "slowfast-nln-small",
        "c2d-8x8-r50",
        "c2d-8x8-r101",
        "c2d-nln-8x8-r50",
        "c2d-nln-8x8-r101",
        "i3d-8x8-r50",
        "i3d-8x8-r101",
        "i3d-nln-8x8-r50",
        "i3d-nln-8x8-r101",
        "slow-4x16-r50",
        "slow-4x16-r101",
        "slow-8x8-r50",
        "slow-8x8-r101",
        "slow-nln-4x16-r50",
        "slow-nln-8x8-r50",
        "slowfast-4x16-r50",
        "slowfast-8x8-r50",
        "slowfast-16x8-r50",
        "slowfast-nln-4x16-r50",
        "slowfast-nln-8x8-r50",
        "slowfast-4x16-r101-50-50",
        "slowfast-8x8-r101-50-50",
        "slowfast-8x8-r101-50-101",
        "slowfast-8x8-r101-101-101",
        "slowfast-16x8-r101-50-50",
        "slowfast-nln-16x8-r101-50-50"
       ]
      },
      "onnx": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "path"
       ],
       "properties": {
        "path": {
         "type": "string",
         "minLength": 1,
         "maxLength": 1024
        },
        "mean": {
         "type": "array",
         "minItems": 3,
         "maxItems": 3,
         "items": {
          "type": "string",
          "maxLength": 32,
          "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
         }
        },
        "deviation": {
         "type": "array",
         "minItems": 3,
         "maxItems": 3,
         "items": {
          "type": "string",
          "maxLength": 32,
          "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
         }
        },
        "frozen": {
         "type": "array",
         "maxItems": 256,
         "items": {
          "type": "string",
          "minLength": 1,
          "maxLength": 256
         }
        }
       }
      },
      "numClasses": {
       "type": "integer",
       "format": "int32",
       "minimum": 2,
       "maximum": 1000000
      },
      "dropout": {
       "type": "string",
       "maxLength": 32,
       "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
       "default": "0.5"
      },
      "architecture": {
       "additionalProperties": false,
       "type": "object",
       "properties": {
        "width": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 256
        },
        "blocks": {
         "type": "array",
         "minItems": 1,
         "maxItems": 4,
         "items": {
          "type": "integer",
          "format": "int32",
          "minimum": 1,
          "maximum": 64
         }
        },
        "expansion": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 8
        },
        "stemKernel": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 11
        },
        "alpha": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 32
        },
        "betaInv": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 64
        },
        "fusionKernel": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 15
        },
        "zeroInitFinalGamma": {
         "type": "boolean"
        },
        "temporalBlocks": {
         "type": "array",
         "minItems": 1,
         "maxItems": 4,
         "items": {
          "type": "integer",
          "format": "int32",
          "minimum": 0,
          "maximum": 64
         }
        },
        "fastTemporalBlocks": {
         "type": "array",
         "minItems": 1,
         "maxItems": 4,
         "items": {
          "type": "integer",
          "format": "int32",
          "minimum": 0,
          "maximum": 64
         }
        },
        "nonLocal": {
         "additionalProperties": false,
         "type": "object",
         "required": [
          "blocks"
         ],
         "properties": {
          "blocks": {
           "type": "array",
           "minItems": 0,
           "maxItems": 4,
           "items": {
            "type": "array",
            "maxItems": 64,
            "items": {
             "type": "integer",
             "format": "int32",
             "minimum": 0,
             "maximum": 63
            }
           }
          },
          "similarity": {
           "type": "string",
           "enum": [
            "softmax",
            "dot-product"
           ]
          }
         }
        }
       }
      },
      "pretrained": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "path"
       ],
       "properties": {
        "path": {
         "type": "string",
         "minLength": 1,
         "maxLength": 1024
        },
        "format": {
         "type": "string",
         "enum": [
          "safetensors",
          "onnx"
         ],
         "default": "safetensors"
        },
        "allowMissing": {
         "type": "boolean",
         "default": false
        }
       }
      }
     }
    },
    "data": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "train",
      "val",
      "jitterScales"
     ],
     "properties": {
      "format": {
       "type": "string",
       "enum": [
        "kinetics"
       ],
       "default": "kinetics"
      },
      "train": {
       "type": "string",
       "minLength": 1,
       "maxLength": 1024
      },
      "val": {
       "type": "string",
       "minLength": 1,
       "maxLength": 1024
      },
      "test": {
       "type": "string",
       "minLength": 1,
       "maxLength": 1024
      },
      "root": {
       "type": "string",
       "minLength": 1,
       "maxLength": 1024
      },
      "classes": {
       "type": "string",
       "minLength": 1,
       "maxLength": 1024
      },
      "clips": {
       "type": "integer",
       "format": "int32",
       "minimum": 1
      },
      "jitterScales": {
       "type": "array",
       "minItems": 2,
       "maxItems": 2,
       "items": {
        "type": "integer",
        "format": "int32",
        "minimum": 1,
        "maximum": 4096
       }
      },
      "flip": {
       "type": "boolean",
       "default": true
      },
      "loader": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "decoders": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 256,
         "default": 0
        },
        "maxBadFraction": {
         "type": "string",
         "maxLength": 32,
         "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
         "default": "0.05"
        },
        "cacheMiB": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 1048576,
         "default": 1024
        },
        "separator": {
         "type": "string",
         "minLength": 1,
         "maxLength": 8,
         "default": " "
        }
       }
      }
     }
    },
    "recipe": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "frames",
      "stride",
      "cropSize",
      "batchSize",
      "epochs",
      "learningRate"
     ],
     "properties": {
      "frames": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 1024
      },
      "stride": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 256
      },
      "cropSize": {
       "type": "integer",
       "format": "int32",
       "minimum": 8,
       "maximum": 1024
      },
      "batchSize": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 65536
      },
      "epochs": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 2000
      },
      "learningRatePolicy": {
       "type": "string",
       "enum": [
        "steps",
        "cosine"
       ],
       "default": "steps"
      },
      "steps": {
       "type": "array",
       "minItems": 1,
       "maxItems": 16,
       "items": {
        "type": "integer",
        "format": "int32",
        "minimum": 0,
        "maximum": 2000
       }
      },
      "gamma": {
       "type": "string",
       "maxLength": 32,
       "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
       "default": "0.1"
      },
      "relativeLearningRates": {
       "type": "array",
       "minItems": 1,
       "maxItems": 16,
       "items": {
        "type": "string",
        "maxLength": 32,
        "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
       }
      },
      "learningRate": {
       "type": "string",
       "maxLength": 32,
       "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
      },
      "finalLearningRate": {
       "type": "string",
       "maxLength": 32,
       "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
       "default": "0"
      },
      "warmup": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "epochs": {
         "type": "string",
         "maxLength": 32,
         "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
         "default": "0"
        },
        "learningRate": {
         "type": "string",
         "maxLength": 32,
         "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
        }
       }
      },
      "optimizer": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "type": {
         "type": "string",
         "enum": [
          "SGD"
         ],
         "default": "SGD"
        },
        "momentum": {
         "type": "string",
         "maxLength": 32,
         "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
         "default": "0.9"
        },
        "nesterov": {
         "type": "boolean",
         "default": true
        },
        "weightDecay": {
         "type": "string",
         "maxLength": 32,
         "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
         "default": "0.0001"
        }
       }
      },
      "weightDecayOnNormalization": {
       "type": "boolean",
       "default": false
      },
      "batchNorm": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "momentum": {
         "type": "string",
         "maxLength": 32,
         "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
         "default": "0.1"
        },
        "preciseIterations": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 1000,
         "default": 0
        },
        "groupSize": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 65536
        },
        "acrossWorkers": {
         "type": "string",
         "enum": [
          "Synchronize",
          "Never"
         ],
         "default": "Synchronize"
        }
       }
      },
      "loss": {
       "type": "string",
       "enum": [
        "cross-entropy",
        "binary-cross-entropy"
       ],
       "default": "cross-entropy"
      },
      "precision": {
       "type": "string",
       "enum": [
        "float32",
        "mixed"
       ],
       "default": "float32"
      },
      "seed": {
       "type": "integer",
       "format": "int32",
       "minimum": 0,
       "default": 0
      },
      "evaluationIntervalEpochs": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 10000,
       "default": 10
      },
      "checkpointIntervalEpochs": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 10000,
       "default": 10
      },
      "test": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "temporalViews": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 100,
         "default": 10
        },
        "spatialViews": {
         "type": "integer",
         "format": "int32",
         "enum": [
          1,
          3
         ],
         "default": 3
        },
        "cropSize": {
         "type": "integer",
         "format": "int32",
         "minimum": 8,
         "maximum": 1024
        }
       }
      }
     }
    },
    "multigrid": {
     "additionalProperties": false,
     "type": "object",
     "properties": {
      "longCycle": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "enabled": {
         "type": "boolean",
         "default": true
        },
        "shapes": {
         "type": "array",
         "minItems": 1,
         "maxItems": 8,
         "default": [
          {
           "frames": "0.25",
           "crop": "0.7071067811865476"
          },
          {
           "frames": "0.5",
           "crop": "0.7071067811865476"
          },
          {
           "frames": "0.5",
           "crop": "1"
          },
          {
           "frames": "1",
           "crop": "1"
          }
         ],
         "items": {
          "additionalProperties": false,
          "type": "object",
          "required": [
           "frames",
           "crop"
          ],
          "properties": {
           "frames": {
            "type": "string",
            "maxLength": 32,
            "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
           },
           "crop": {
            "type": "string",
            "maxLength": 32,
            "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
           }
          }
         }
        }
       }
      },
      "shortCycle": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "enabled": {
         "type": "boolean",
         "default": true
        },
        "crops": {
         "type": "array",
         "minItems": 1,
         "maxItems": 7,
         "default": [
          "0.5",
          "0.7071067811865476"
         ],
         "items": {
          "type": "string",
          "maxLength": 32,
          "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$"
         }
        }
       }
      },
      "epochFactor": {
       "type": "string",
       "maxLength": 32,
       "pattern": "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,20})?(e-[0-9]{1,2})?$",
       "default": "1.5"
      },
      "groupSize": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 65536
      },
      "evaluationsPerPhase": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 1000,
       "default": 3
      }
     }
    },
    "workers": {
     "additionalProperties": false,
     "type": "object",
     "default": {},
     "properties": {
      "replicas": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 4096,
       "default": 1
      },
      "processesPerWorker": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 64,
       "default": 1
      },
      "image": {
       "type": "string",
       "minLength": 1,
       "maxLength": 512
      },
      "executionProvider": {
       "type": "string",
       "enum": [
        "auto",
        "cuda",
        "cpu"
       ],
       "default": "auto"
      },
      "cuda": {
       "additionalProperties": false,
       "type": "object",
       "default": {},
       "properties": {
        "deviceId": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 255,
         "default": 0
        },
        "memoryLimitMiB": {
         "type": "integer",
         "format": "int32",
         "minimum": 256,
         "maximum": 4194304
        },
        "convolutionSearch": {
         "type": "string",
         "enum": [
          "Exhaustive",
          "Heuristic",
          "Default"
         ],
         "default": "Heuristic"
        },
        "tf32": {
         "type": "boolean",
         "default": true
        },
        "arenaGrowth": {
         "type": "string",
         "enum": [
          "AsRequested",
          "Doubling"
         ],
         "default": "AsRequested"
        }
       }
      },
      "microBatch": {
       "type": "integer",
       "format": "int32",
       "minimum": 0,
       "maximum": 65536,
       "default": 0
      },
      "activationMemoryMiB": {
       "type": "integer",
       "format": "int32",
       "minimum": 0,
       "maximum": 16777216,
       "default": 0
      },
      "recompute": {
       "type": "string",
       "enum": [
        "Never",
        "Auto",
        "Always"
       ],
       "default": "Auto"
      },
      "resources": {
       "additionalProperties": false,
       "type": "object",
       "properties": {
        "limits": {
         "additionalProperties": {
          "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$",
          "type": [
           "integer",
           "string"
          ]
         },
         "type": "object",
         "maxProperties": 32
        },
        "requests": {
         "additionalProperties": {
          "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$",
          "type": [
           "integer",
           "string"
          ]
         },
         "type": "object",
         "maxProperties": 32
        }
       }
      },
      "template": {
       "additionalProperties": false,
       "type": "object",
       "properties": {
        "labels": {
         "additionalProperties": {
          "type": "string",
          "maxLength": 63
         },
         "type": "object",
         "maxProperties": 64
        },
        "annotations": {
         "additionalProperties": {
          "type": "string",
          "maxLength": 4096
         },
         "type": "object",
         "maxProperties": 64
        },
        "nodeSelector": {
         "additionalProperties": {
          "type": "string",
          "maxLength": 63
         },
         "type": "object",
         "maxProperties": 64
        },
        "tolerations": {
         "type": "array",
         "maxItems": 64,
         "items": {
          "additionalProperties": true,
          "type": "object"
         }
        },
        "affinity": {
         "additionalProperties": true,
         "type": "object"
        },
        "topologySpreadConstraints": {
         "type": "array",
         "maxItems": 16,
         "items": {
          "additionalProperties": true,
          "type": "object"
         }
        },
        "priorityClassName": {
         "type": "string",
         "maxLength": 253
        },
        "runtimeClassName": {
         "type": "string",
         "maxLength": 253
        },
        "schedulerName": {
         "type": "string",
         "maxLength": 253
        },
        "serviceAccountName": {
         "type": "string",
         "maxLength": 253
        },
        "imagePullPolicy": {
         "type": "string",
         "enum": [
          "Always",
          "IfNotPresent",
          "Never"
         ]
        },
        "imagePullSecrets": {
         "type": "array",
         "maxItems": 16,
         "items": {
          "additionalProperties": false,
          "type": "object",
          "required": [
           "name"
          ],
          "properties": {
           "name": {
            "type": "string",
            "maxLength": 253
           }
          }
         }
        },
        "securityContext": {
         "additionalProperties": true,
         "type": "object"
        },
        "env": {
         "type": "array",
         "maxItems": 128,
         "items": {
          "additionalProperties": true,
          "type": "object",
          "required": [
           "name"
          ],
          "properties": {
           "name": {
            "type": "string",
            "maxLength": 256
           }
          }
         }
        },
        "volumes": {
         "type": "array",
         "maxItems": 32,
         "items": {
          "additionalProperties": true,
          "type": "object",
          "required": [
           "name"
          ],
          "properties": {
           "name": {
            "type": "string",
            "maxLength": 63
           }
          }
         }
        },
        "volumeMounts": {
         "type": "array",
         "maxItems": 32,
         "items": {
          "additionalProperties": true,
          "type": "object",
          "required": [
           "name",
           "mountPath"
          ],
          "properties": {
           "name": {
            "type": "string",
            "maxLength": 63
           },
           "mountPath": {
            "type": "string",
            "maxLength": 1024
           }
          }
         }
        }
       }
      }
     }
    },
    "volumes": {
     "additionalProperties": false,
     "type": "object",
     "properties": {
      "data": {
       "additionalProperties": true,
       "type": "object"
      },
      "output": {
       "additionalProperties": true,
       "type": "object"
      },
      "outputSubPath": {
       "type": "string",
       "maxLength": 253,
       "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$"
      }
     }
    },
    "checkpoint": {
     "additionalProperties": false,
     "type": "object",
     "default": {},
     "properties": {
      "everyIterations": {
       "type": "integer",
       "format": "int32",
       "minimum": 0,
       "maximum": 10000000,
       "default": 500
      },
      "keep": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "maximum": 1000,
       "default": 3
      },
      "resume": {
       "type": "string",
       "enum": [
        "Latest",
        "Never"
       ],
       "default": "Latest"
      },
      "adopt": {
       "type": "string",
       "enum": [
        "Never",
        "SameName"
       ],
       "default": "Never"
      }
     }
    },
    "runPolicy": {
     "additionalProperties": false,
     "type": "object",
     "default": {},
     "properties": {
      "backoffLimit": {
       "type": "integer",
       "format": "int32",
       "minimum": 0,
       "maximum": 10000,
       "default": 6
      },
      "preRunningDeadlineSeconds": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "default": 1800
      },
      "activeDeadlineSeconds": {
       "type": "integer",
       "format": "int32",
       "minimum": 1
      },
      "progressDeadlineSeconds": {
       "type": "integer",
       "format": "int32",
       "minimum": 1,
       "default": 900
      },
      "ttlSecondsAfterFinished": {
       "type": "integer",
       "format": "int32",
       "minimum": 0
      }
     }
    },
    "suspend": {
     "type": "boolean",
     "default": false
    },
    "managedBy": {
     "type": "string",
     "minLength": 1,
     "maxLength": 63
    }
   }
  },
  "status": {
   "additionalProperties": false,
   "type": "object",
   "properties": {
    "observedGeneration": {
     "type": "integer",
     "format": "int64"
    },
    "conditions": {
     "type": "array",
     "maxItems": 32,
     "items": {
      "additionalProperties": false,
      "type": "object",
      "required": [
       "type",
       "status",
       "lastTransitionTime",
       "reason",
       "message"
      ],
      "properties": {
       "type": {
        "type": "string",
        "maxLength": 316
       },
       "status": {
        "type": "string",
        "enum": [
         "True",
         "False",
         "Unknown"
        ]
       },
       "observedGeneration": {
        "type": "integer",
        "format": "int64",
        "minimum": 0
       },
       "lastTransitionTime": {
        "type": "string",
        "format": "date-time"
       },
       "reason": {
        "type": "string",
        "minLength": 1,
        "maxLength": 1024
       },
       "message": {
        "type": "string",
        "maxLength": 32768
       }
      }
     }
    },
    "state": {
     "type": "string",
     "enum": [
      "Pending",
      "Running",
      "PhaseTransition",
      "Restarting",
      "Stalled",
      "Suspended",
      "Complete",
      "Failed"
     ]
    },
    "startTime": {
     "type": "string",
     "format": "date-time"
    },
    "completionTime": {
     "type": "string",
     "format": "date-time"
    },
    "reason": {
     "type": "string",
     "maxLength": 1024
    },
    "replicas": {
     "type": "integer",
     "format": "int32"
    },
    "readyReplicas": {
     "type": "integer",
     "format": "int32"
    },
    "selector": {
     "type": "string",
     "maxLength": 1024
    },
    "endedPods": {
     "type": "array",
     "maxItems": 16,
     "items": {
      "additionalProperties": false,
      "type": "object",
      "required": [
       "name",
       "uid"
      ],
      "properties": {
       "name": {
        "type": "string",
        "maxLength": 253
       },
       "uid": {
        "type": "string",
        "maxLength": 64
       }
      }
     }
    },
    "restarts": {
     "type": "integer",
     "format": "int32"
    },
    "retries": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "failures",
      "disruptions",
      "savedIteration"
     ],
     "properties": {
      "failures": {
       "type": "integer",
       "format": "int32"
      },
      "disruptions": {
       "type": "integer",
       "format": "int32"
      },
      "savedIteration": {
       "type": "integer",
       "format": "int64"
      }
     }
    },
    "gang": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "releases",
      "releasedAt"
     ],
     "properties": {
      "releases": {
       "type": "integer",
       "format": "int32",
       "minimum": 0
      },
      "releasedAt": {
       "type": "string",
       "format": "date-time"
      }
     }
    },
    "activeSeconds": {
     "type": "integer",
     "format": "int64"
    },
    "lastFailure": {
     "additionalProperties": false,
     "type": "object",
     "properties": {
      "pod": {
       "type": "string",
       "maxLength": 253
      },
      "container": {
       "type": "string",
       "maxLength": 253
      },
      "exitCode": {
       "type": "integer",
       "format": "int32"
      },
      "reason": {
       "type": "string",
       "maxLength": 1024
      },
      "message": {
       "type": "string",
       "maxLength": 32768
      },
      "time": {
       "type": "string",
       "format": "date-time"
      }
     }
    },
    "planSummary": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "hash",
      "version",
      "phases",
      "epochs",
      "iterations",
      "framePixelRatio"
     ],
     "properties": {
      "hash": {
       "type": "string",
       "maxLength": 64
      },
      "version": {
       "type": "integer",
       "format": "int32",
       "enum": [
        1,
        2
       ]
      },
      "clips": {
       "type": "integer",
       "format": "int64"
      },
      "phases": {
       "type": "integer",
       "format": "int32"
      },
      "epochs": {
       "type": "integer",
       "format": "int32"
      },
      "iterations": {
       "type": "integer",
       "format": "int64"
      },
      "framePixelRatio": {
       "type": "number"
      }
     }
    },
    "plan": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "version",
      "hash",
      "phases",
      "epochs",
      "evaluationEpochs",
      "checkpointEpochs",
      "learningRateSchedule",
      "totals",
      "problems"
     ],
     "properties": {
      "version": {
       "type": "integer",
       "format": "int32",
       "enum": [
        1,
        2
       ]
      },
      "hash": {
       "type": "string",
       "maxLength": 64
      },
      "phases": {
       "type": "array",
       "maxItems": 64,
       "items": {
        "additionalProperties": false,
        "type": "object",
        "required": [
         "index",
         "stage",
         "startEpoch",
         "endEpoch",
         "batchFactor",
         "frames",
         "cropSize",
         "globalBatch",
         "learningRate",
         "stride",
         "shortCycle",
         "iterationsPerEpoch"
        ],
        "properties": {
         "index": {
          "type": "integer",
          "format": "int32"
         },
         "stage": {
          "type": "integer",
          "format": "int32"
         },
         "startEpoch": {
          "type": "integer",
          "format": "int32"
         },
         "endEpoch": {
          "type": "integer",
          "format": "int32"
         },
         "batchFactor": {
          "type": "integer",
          "format": "int32"
         },
         "frames": {
          "type": "integer",
          "format": "int32"
         },
         "cropSize": {
          "type": "integer",
          "format": "int32"
         },
         "globalBatch": {
          "type": "integer",
          "format": "int32"
         },
         "groups": {
          "type": "integer",
          "format": "int32"
         },
         "batchPerWorker": {
          "type": "integer",
          "format": "int32"
         },
         "learningRate": {
          "type": "number"
         },
         "stride": {
          "additionalProperties": false,
          "type": "object",
          "required": [
           "min",
           "max"
          ],
          "properties": {
           "min": {
            "type": "integer",
            "format": "int32"
           },
           "max": {
            "type": "integer",
            "format": "int32"
           }
          }
         },
         "normalization": {
          "additionalProperties": false,
          "type": "object",
          "required": [
           "kind",
           "groups"
          ],
          "properties": {
           "kind": {
            "type": "string",
            "enum": [
             "plain",
             "split",
             "sync"
            ]
           },
           "groups": {
            "type": "integer",
            "format": "int32"
           }
          }
         },
         "shortCycle": {
          "type": "array",
          "minItems": 1,
          "maxItems": 8,
          "items": {
           "additionalProperties": false,
           "type": "object",
           "required": [
            "cropSize",
            "globalBatch",
            "minScale"
           ],
           "properties": {
            "cropSize": {
             "type": "integer",
             "format": "int32"
            },
            "batchPerWorker": {
             "type": "integer",
             "format": "int32"
            },
            "globalBatch": {
             "type": "integer",
             "format": "int32"
            },
            "minScale": {
             "type": "integer",
             "format": "int32"
            }
           }
          }
         },
         "iterationsPerEpoch": {
          "type": "integer",
          "format": "int32"
         }
        }
       }
      },
      "epochs": {
       "type": "integer",
       "format": "int32"
      },
      "evaluationEpochs": {
       "type": "array",
       "maxItems": 10000,
       "items": {
        "type": "integer",
        "format": "int32"
       }
      },
      "checkpointEpochs": {
       "type": "array",
       "maxItems": 10000,
       "items": {
        "type": "integer",
        "format": "int32"
       }
      },
      "learningRateSchedule": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "policy",
        "base",
        "borders",
        "factors",
        "epochs",
        "end",
        "warmup"
       ],
       "properties": {
        "policy": {
         "type": "string",
         "enum": [
          "steps",
          "cosine"
         ]
        },
        "base": {
         "type": "number"
        },
        "borders": {
         "type": "array",
         "maxItems": 64,
         "items": {
          "type": "integer",
          "format": "int32"
         }
        },
        "factors": {
         "type": "array",
         "maxItems": 64,
         "items": {
          "type": "number"
         }
        },
        "epochs": {
         "type": "integer",
         "format": "int32"
        },
        "end": {
         "type": "number"
        },
        "warmup": {
         "additionalProperties": false,
         "type": "object",
         "required": [
          "epochs",
          "learningRate"
         ],
         "properties": {
          "epochs": {
           "type": "number"
          },
          "learningRate": {
           "type": "number"
          }
         }
        }
       }
      },
      "totals": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "iterations",
        "baselineIterations",
        "iterationRatio",
        "framePixelRatio"
       ],
       "properties": {
        "iterations": {
         "type": "integer",
         "format": "int64"
        },
        "baselineIterations": {
         "type": "integer",
         "format": "int64"
        },
        "iterationRatio": {
         "type": "number"
        },
        "framePixelRatio": {
         "type": "number"
        }
       }
      },
      "problems": {
       "type": "array",
       "maxItems": 512,
       "items": {
        "additionalProperties": false,
        "type": "object",
        "required": [
         "phase",
         "code",
         "message",
         "nearest"
        ],
        "properties": {
         "phase": {
          "type": [
           "integer",
           "null"
          ],
          "format": "int32"
         },
         "code": {
          "type": "string",
          "maxLength": 64
         },
         "message": {
          "type": "string",
          "maxLength": 1024
         },
         "nearest": {
          "additionalProperties": true,
          "type": "object"
         }
        }
       }
      }
     }
    },
    "directive": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "generation",
      "planHash",
      "phase",
      "startEpoch",
      "endEpoch",
      "frames",
      "cropSize",
      "shortCycle",
      "globalBatch",
      "microBatch",
      "learningRate",
      "iterationsPerEpoch",
      "lastIteration",
      "workers"
     ],
     "properties": {
      "generation": {
       "type": "integer",
       "format": "int64"
      },
      "planHash": {
       "type": "string",
       "maxLength": 64
      },
      "phase": {
       "type": "integer",
       "format": "int32"
      },
      "startEpoch": {
       "type": "integer",
       "format": "int32"
      },
      "endEpoch": {
       "type": "integer",
       "format": "int32"
      },
      "frames": {
       "type": "integer",
       "format": "int32"
      },
      "cropSize": {
       "type": "integer",
       "format": "int32"
      },
      "shortCycle": {
       "type": "array",
       "minItems": 1,
       "maxItems": 8,
       "items": {
        "additionalProperties": false,
        "type": "object",
        "required": [
         "cropSize",
         "globalBatch",
         "minScale"
        ],
        "properties": {
         "cropSize": {
          "type": "integer",
          "format": "int32"
         },
         "globalBatch": {
          "type": "integer",
          "format": "int32"
         },
         "batchPerWorker": {
          "type": "integer",
          "format": "int32"
         },
         "minScale": {
          "type": "integer",
          "format": "int32"
         }
        }
       }
      },
      "globalBatch": {
       "type": "integer",
       "format": "int32"
      },
      "batchPerWorker": {
       "type": "integer",
       "format": "int32"
      },
      "normalization": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "kind",
        "groups"
       ],
       "properties": {
        "kind": {
         "type": "string",
         "enum": [
          "plain",
          "split",
          "sync"
         ]
        },
        "groups": {
         "type": "integer",
         "format": "int32"
        }
       }
      },
      "microBatch": {
       "type": "integer",
       "format": "int32"
      },
      "learningRate": {
       "type": "number"
      },
      "iterationsPerEpoch": {
       "type": "integer",
       "format": "int32"
      },
      "lastIteration": {
       "type": "integer",
       "format": "int64"
      },
      "workers": {
       "type": "integer",
       "format": "int32"
      },
      "sharing": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "groups",
        "unit",
        "each",
        "more"
       ],
       "properties": {
        "groups": {
         "type": "integer",
         "format": "int32",
         "minimum": 1
        },
        "unit": {
         "type": "string",
         "enum": [
          "Group",
          "Clip"
         ]
        },
        "each": {
         "type": "integer",
         "format": "int32",
         "minimum": 1
        },
        "more": {
         "type": "integer",
         "format": "int32",
         "minimum": 0
        }
       }
      }
     }
    },
    "progress": {
     "additionalProperties": false,
     "type": "object",
     "required": [
      "generation",
      "state",
      "phase",
      "epoch",
      "iteration",
      "percent",
      "etaSeconds",
      "heartbeat",
      "loss",
      "learningRate",
      "frames",
      "cropSize",
      "clipsPerSecond",
      "dataWaitRatio",
      "badClips",
      "metrics",
      "lastCheckpoint",
      "unattended",
      "failure"
     ],
     "properties": {
      "generation": {
       "type": "integer",
       "format": "int64"
      },
      "state": {
       "type": "string",
       "enum": [
        "Preparing",
        "Training",
        "Evaluating",
        "Waiting",
        "Testing",
        "Finished",
        "Stopped",
        "Failed"
       ]
      },
      "phase": {
       "type": "integer",
       "format": "int32"
      },
      "epoch": {
       "type": "number"
      },
      "iteration": {
       "type": "integer",
       "format": "int64"
      },
      "percent": {
       "type": "number"
      },
      "etaSeconds": {
       "type": "number"
      },
      "resumedFrom": {
       "type": "integer",
       "format": "int64"
      },
      "heartbeat": {
       "type": "string",
       "format": "date-time"
      },
      "progressedAt": {
       "type": "string",
       "format": "date-time"
      },
      "loss": {
       "type": [
        "number",
        "null"
       ]
      },
      "learningRate": {
       "type": "number"
      },
      "frames": {
       "type": "integer",
       "format": "int32"
      },
      "cropSize": {
       "type": "integer",
       "format": "int32"
      },
      "clipsPerSecond": {
       "type": "number"
      },
      "dataWaitRatio": {
       "type": "number"
      },
      "badClips": {
       "type": "integer",
       "format": "int64"
      },
      "metrics": {
       "type": "array",
       "maxItems": 32,
       "items": {
        "additionalProperties": false,
        "type": "object",
        "required": [
         "name",
         "value"
        ],
        "properties": {
         "name": {
          "type": "string",
          "maxLength": 64
         },
         "value": {
          "type": "number"
         }
        }
       }
      },
      "lastCheckpoint": {
       "additionalProperties": false,
       "type": [
        "object",
        "null"
       ],
       "required": [
        "path",
        "iteration",
        "epoch"
       ],
       "properties": {
        "path": {
         "type": "string",
         "maxLength": 1024
        },
        "iteration": {
         "type": "integer",
         "format": "int64"
        },
        "epoch": {
         "type": "number"
        }
       }
      },
      "unattended": {
       "type": "boolean"
      },
      "summary": {
       "additionalProperties": false,
       "type": "object",
       "properties": {
        "phase": {
         "type": "string",
         "maxLength": 64
        },
        "shape": {
         "type": "string",
         "maxLength": 64
        },
        "epoch": {
         "type": "string",
         "maxLength": 64
        },
        "progress": {
         "type": "string",
         "maxLength": 64
        },
        "eta": {
         "type": "string",
         "maxLength": 64
        },
        "metric": {
         "type": "string",
         "maxLength": 64
        },
        "learningRate": {
         "type": "string",
         "maxLength": 64
        },
        "batch": {
         "type": "string",
         "maxLength": 64
        },
        "clipsPerSecond": {
         "type": "string",
         "maxLength": 64
        }
       }
      },
      "trainingClips": {
       "type": "integer",
       "format": "int64"
      },
      "pretrained": {
       "type": "string",
       "maxLength": 512
      },
      "failure": {
       "additionalProperties": false,
       "type": [
        "object",
        "null"
       ],
       "required": [
        "reason",
        "message",
        "retryable"
       ],
       "properties": {
        "reason": {
         "type": "string",
         "maxLength": 64
        },
        "message": {
         "type": "string",
         "maxLength": 32768
        },
        "retryable": {
         "type": "boolean"
        }
       }
      },
      "trouble": {
       "additionalProperties": false,
       "type": "object",
       "required": [
        "reason",
        "message"
       ],
       "properties": {
        "reason": {
         "type": "string",
         "maxLength": 64
        },
        "message": {
         "type": "string",
         "maxLength": 32768
        }
       }
      }
     }
    }
   }
  }
 }
};

/** Messages of all CEL rules of the CRD. */
export const CEL_MESSAGES: readonly string[] = [
 "the name must be at most 48 characters of a-z, 0-9 and -, starting and ending with a letter or digit",
 "model, data, recipe, multigrid and workers.processesPerWorker cannot change once the job has a plan; create a new job instead",
 "the smallest jitter scale must be at least recipe.cropSize, or the crop does not fit into the frame",
 "with binary-cross-entropy the separator cannot hold a comma, which stands between the classes of a video",
 "the long cycle needs recipe.steps with at least two stages, for example [0, 80, 120]",
 "with the long cycle, relativeLearningRates must be the powers of gamma, starting with 1; leave them out or change gamma",
 "a plan has at most 64 phases; use fewer steps or fewer long-cycle shapes",
 "a process takes at least one clip of every step, so replicas times processesPerWorker must be at most recipe.batchSize",
 "managedBy cannot change",
 "exactly one of name and onnx says which network it is",
 "architecture belongs to the networks of the zoo; leave it out with onnx",
 "a network file has its own weights; omit pretrained with onnx",
 "alpha, betaInv, fusionKernel and fastTemporalBlocks belong to SlowFast networks only; leave them out",
 "width must be a multiple of betaInv, so that the fast pathway has a whole number of channels",
 "a non-local network with blocks of its own needs nonLocal too, which says where they go",
 "nonLocal.blocks numbers the residual blocks of each stage from 0; there is no such block",
 "deviation must be above 0",
 "dropout must be below 1",
 "stemKernel must be odd",
 "fusionKernel must be odd",
 "pickles can run code and are not read; make a safetensors file with scripts/convert-weights.py",
 "the smallest jitter scale comes first",
 "maxBadFraction must be at most 1",
 "the last of steps must not lie behind epochs",
 "relativeLearningRates must have one entry for each of steps",
 "relativeLearningRates belong to the steps policy; leave them out with cosine",
 "finalLearningRate must be below learningRate",
 "the first of steps must be 0",
 "steps must ascend",
 "gamma must be above 0 and at most 1",
 "learningRate must be above 0",
 "nesterov needs a momentum above 0",
 "momentum must be below 1",
 "the momentum of batchNorm must be above 0 and at most 1",
 "a shape factor must be above 0 and at most 2",
 "a crop factor must be above 0 and at most 2",
 "epochFactor must be above 0 and at most 5",
 "a job may not set NODE_OPTIONS, KUBECONFIG, LD_* or MULTIGRID_*; set it in an image of your own"
];
