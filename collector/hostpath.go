package collector

import (
	"context"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v3/common"
)

// The host's files are where gopsutil looks for them, so that what it reads and what we read is one machine: a
// common.EnvMap in the context (tests), or HOST_PROC, HOST_SYS, HOST_ETC and HOST_ROOT in the environment (a container
// that is given the host's directories).

func hostProc(ctx context.Context, elem ...string) string {
	return hostPath(ctx, common.HostProcEnvKey, "/proc", elem)
}

func hostSys(ctx context.Context, elem ...string) string {
	return hostPath(ctx, common.HostSysEnvKey, "/sys", elem)
}

func hostEtc(ctx context.Context, elem ...string) string {
	return hostPath(ctx, common.HostEtcEnvKey, "/etc", elem)
}

func hostRoot(ctx context.Context, elem ...string) string {
	return hostPath(ctx, common.HostRootEnvKey, "/", elem)
}

func hostPath(ctx context.Context, key common.EnvKeyType, root string, elem []string) string {
	if env, ok := ctx.Value(common.EnvKey).(common.EnvMap); ok && env[key] != "" {
		root = env[key]
	} else if s := os.Getenv(string(key)); s != "" {
		root = s
	}
	return filepath.Join(root, filepath.Join(elem...))
}
