;; The arena's two loops over memory, 16 floats (one cache line) at a time. Addresses and lengths are in bytes, multiples
;; of 64; lanes are summed in order and nothing is fused, so results have the same bits on every machine. Assembled by
;; scripts/build-update-kernel.ts.
(module
  (import "arena" "memory" (memory 1 65536 shared))

  ;; into = into + from
  (func (export "add") (param $into i32) (param $from i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $into) (local.get $bytes)))
    (block $done
      (loop $lines
        ;; Not "less than": an arena of 4 GiB ends at address 0.
        (br_if $done (i32.eq (local.get $into) (local.get $end)))
        (v128.store (local.get $into)
          (f32x4.add (v128.load (local.get $into)) (v128.load (local.get $from))))
        (v128.store offset=16 (local.get $into)
          (f32x4.add (v128.load offset=16 (local.get $into)) (v128.load offset=16 (local.get $from))))
        (v128.store offset=32 (local.get $into)
          (f32x4.add (v128.load offset=32 (local.get $into)) (v128.load offset=32 (local.get $from))))
        (v128.store offset=48 (local.get $into)
          (f32x4.add (v128.load offset=48 (local.get $into)) (v128.load offset=48 (local.get $from))))
        (local.set $into (i32.add (local.get $into) (i32.const 64)))
        (local.set $from (i32.add (local.get $from) (i32.const 64)))
        (br $lines))))

  ;; SGD with momentum:
  ;;   g = scale * (gradient[0] + gradient[1] + ... + gradient[lanes - 1]) + decay * p
  ;;   v = momentum * v + g
  ;;   p = p - rate * (direct * g + follow * v)      Nesterov: direct 1, follow momentum; plain: direct 0, follow 1
  (func (export "update")
    (param $p i32) (param $v i32) (param $g i32) (param $bytes i32) (param $laneBytes i32) (param $lanes i32)
    (param $scale f32) (param $decay f32) (param $momentum f32) (param $rate f32) (param $direct f32) (param $follow f32)
    (local $end i32) (local $lane i32) (local $source i32)
    (local $scale4 v128) (local $decay4 v128) (local $momentum4 v128)
    (local $rate4 v128) (local $direct4 v128) (local $follow4 v128)
    (local $g0 v128) (local $g1 v128) (local $g2 v128) (local $g3 v128)
    (local $v0 v128) (local $v1 v128) (local $v2 v128) (local $v3 v128)
    (local $p0 v128) (local $p1 v128) (local $p2 v128) (local $p3 v128)

    (local.set $scale4 (f32x4.splat (local.get $scale)))
    (local.set $decay4 (f32x4.splat (local.get $decay)))
    (local.set $momentum4 (f32x4.splat (local.get $momentum)))
    (local.set $rate4 (f32x4.splat (local.get $rate)))
    (local.set $direct4 (f32x4.splat (local.get $direct)))
    (local.set $follow4 (f32x4.splat (local.get $follow)))
    (local.set $end (i32.add (local.get $p) (local.get $bytes)))

    (block $done
      (loop $lines
        (br_if $done (i32.eq (local.get $p) (local.get $end)))

        (local.set $g0 (v128.load (local.get $g)))
        (local.set $g1 (v128.load offset=16 (local.get $g)))
        (local.set $g2 (v128.load offset=32 (local.get $g)))
        (local.set $g3 (v128.load offset=48 (local.get $g)))
        (local.set $lane (i32.const 1))
        (local.set $source (local.get $g))
        (block $summed
          (loop $sum
            (br_if $summed (i32.ge_u (local.get $lane) (local.get $lanes)))
            (local.set $source (i32.add (local.get $source) (local.get $laneBytes)))
            (local.set $g0 (f32x4.add (local.get $g0) (v128.load (local.get $source))))
            (local.set $g1 (f32x4.add (local.get $g1) (v128.load offset=16 (local.get $source))))
            (local.set $g2 (f32x4.add (local.get $g2) (v128.load offset=32 (local.get $source))))
            (local.set $g3 (f32x4.add (local.get $g3) (v128.load offset=48 (local.get $source))))
            (local.set $lane (i32.add (local.get $lane) (i32.const 1)))
            (br $sum)))

        (local.set $p0 (v128.load (local.get $p)))
        (local.set $p1 (v128.load offset=16 (local.get $p)))
        (local.set $p2 (v128.load offset=32 (local.get $p)))
        (local.set $p3 (v128.load offset=48 (local.get $p)))
        (local.set $g0 (f32x4.add (f32x4.mul (local.get $g0) (local.get $scale4)) (f32x4.mul (local.get $p0) (local.get $decay4))))
        (local.set $g1 (f32x4.add (f32x4.mul (local.get $g1) (local.get $scale4)) (f32x4.mul (local.get $p1) (local.get $decay4))))
        (local.set $g2 (f32x4.add (f32x4.mul (local.get $g2) (local.get $scale4)) (f32x4.mul (local.get $p2) (local.get $decay4))))
        (local.set $g3 (f32x4.add (f32x4.mul (local.get $g3) (local.get $scale4)) (f32x4.mul (local.get $p3) (local.get $decay4))))

        (local.set $v0 (f32x4.add (f32x4.mul (v128.load (local.get $v)) (local.get $momentum4)) (local.get $g0)))
        (local.set $v1 (f32x4.add (f32x4.mul (v128.load offset=16 (local.get $v)) (local.get $momentum4)) (local.get $g1)))
        (local.set $v2 (f32x4.add (f32x4.mul (v128.load offset=32 (local.get $v)) (local.get $momentum4)) (local.get $g2)))
        (local.set $v3 (f32x4.add (f32x4.mul (v128.load offset=48 (local.get $v)) (local.get $momentum4)) (local.get $g3)))
        (v128.store (local.get $v) (local.get $v0))
        (v128.store offset=16 (local.get $v) (local.get $v1))
        (v128.store offset=32 (local.get $v) (local.get $v2))
        (v128.store offset=48 (local.get $v) (local.get $v3))

        (local.set $g0 (f32x4.add (f32x4.mul (local.get $g0) (local.get $direct4)) (f32x4.mul (local.get $v0) (local.get $follow4))))
        (local.set $g1 (f32x4.add (f32x4.mul (local.get $g1) (local.get $direct4)) (f32x4.mul (local.get $v1) (local.get $follow4))))
        (local.set $g2 (f32x4.add (f32x4.mul (local.get $g2) (local.get $direct4)) (f32x4.mul (local.get $v2) (local.get $follow4))))
        (local.set $g3 (f32x4.add (f32x4.mul (local.get $g3) (local.get $direct4)) (f32x4.mul (local.get $v3) (local.get $follow4))))
        (v128.store (local.get $p) (f32x4.sub (local.get $p0) (f32x4.mul (local.get $rate4) (local.get $g0))))
        (v128.store offset=16 (local.get $p) (f32x4.sub (local.get $p1) (f32x4.mul (local.get $rate4) (local.get $g1))))
        (v128.store offset=32 (local.get $p) (f32x4.sub (local.get $p2) (f32x4.mul (local.get $rate4) (local.get $g2))))
        (v128.store offset=48 (local.get $p) (f32x4.sub (local.get $p3) (f32x4.mul (local.get $rate4) (local.get $g3))))

        (local.set $p (i32.add (local.get $p) (i32.const 64)))
        (local.set $v (i32.add (local.get $v) (i32.const 64)))
        (local.set $g (i32.add (local.get $g) (i32.const 64)))
        (br $lines)))))
