// Device-plugin offers the kubelet GPUs that do not exist, so that requests, limits, allocation and health of GPUs are
// real up to the device itself.
//
//	device-plugin KUBELET_DEVICE_PLUGIN_FOLDER RESOURCE COUNT UNHEALTHY_FILE
//
// The devices are GPU-0, GPU-1 and so on. Those named in UNHEALTHY_FILE (one a line; the file may be missing) are
// unhealthy; it is read again every quarter of a second. A container that gets devices sees their names in
// NVIDIA_VISIBLE_DEVICES, as NVIDIA's own plugin does.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	api "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
)

const (
	healthPeriod    = 250 * time.Millisecond
	registerPeriod  = 500 * time.Millisecond
	registerTimeout = 3 * time.Second
	socketName      = "multigrid-test-gpu.sock"
)

type plugin struct {
	api.UnimplementedDevicePluginServer
	count         int
	unhealthyFile string
}

func (*plugin) GetDevicePluginOptions(context.Context, *api.Empty) (*api.DevicePluginOptions, error) {
	return &api.DevicePluginOptions{}, nil
}

// ListAndWatch sends the list of devices, and again whenever the set of unhealthy ones has changed.
func (p *plugin) ListAndWatch(_ *api.Empty, stream api.DevicePlugin_ListAndWatchServer) error {
	sent := "never sent"
	for {
		unhealthy := p.readUnhealthy()
		if unhealthy != sent {
			if err := stream.Send(&api.ListAndWatchResponse{Devices: p.devices(unhealthy)}); err != nil {
				return err
			}
			sent = unhealthy
		}
		select {
		case <-stream.Context().Done():
			return nil
		case <-time.After(healthPeriod):
		}
	}
}

func (p *plugin) readUnhealthy() string {
	text, err := os.ReadFile(p.unhealthyFile)
	if err != nil {
		return "" // no file: all are well
	}
	return string(text)
}

func (p *plugin) devices(unhealthy string) []*api.Device {
	bad := map[string]bool{}
	for _, name := range strings.Fields(unhealthy) {
		bad[name] = true
	}
	devices := make([]*api.Device, p.count)
	for i := range devices {
		devices[i] = &api.Device{ID: fmt.Sprintf("GPU-%d", i), Health: api.Healthy}
		if bad[devices[i].ID] {
			devices[i].Health = api.Unhealthy
		}
	}
	return devices
}

func (*plugin) Allocate(_ context.Context, request *api.AllocateRequest) (*api.AllocateResponse, error) {
	response := &api.AllocateResponse{}
	for _, container := range request.ContainerRequests {
		response.ContainerResponses = append(response.ContainerResponses, &api.ContainerAllocateResponse{
			Envs: map[string]string{"NVIDIA_VISIBLE_DEVICES": strings.Join(container.DevicesIds, ",")},
		})
	}
	return response, nil
}

// serveOnce listens, registers with the kubelet, and returns when the socket is gone: a starting kubelet wipes the
// folder, also while we are still registering, and then everything has to be done again.
func serveOnce(folder, resource string, p *plugin) error {
	socket := filepath.Join(folder, socketName)
	_ = os.Remove(socket) // of an earlier life; missing is as good
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	api.RegisterDevicePluginServer(server, p)
	defer server.Stop()
	go func() { _ = server.Serve(listener) }()

	kubelet, err := grpc.NewClient("unix://"+filepath.Join(folder, "kubelet.sock"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = kubelet.Close() }()
	isRegistered := false
	for exists(socket) {
		if !isRegistered {
			isRegistered = register(kubelet, resource)
		}
		time.Sleep(registerPeriod)
	}
	return nil
}

func register(kubelet *grpc.ClientConn, resource string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), registerTimeout)
	defer cancel()
	_, err := api.NewRegistrationClient(kubelet).Register(ctx, &api.RegisterRequest{
		Version: api.Version, Endpoint: socketName, ResourceName: resource,
	})
	if err != nil {
		log.Println("register:", err)
		return false
	}
	log.Println("registered", resource)
	return true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: device-plugin KUBELET_DEVICE_PLUGIN_FOLDER RESOURCE COUNT UNHEALTHY_FILE")
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	for {
		if err := serveOnce(os.Args[1], os.Args[2], &plugin{count: count, unhealthyFile: os.Args[4]}); err != nil {
			log.Println(err)
			time.Sleep(registerPeriod)
		}
	}
}
