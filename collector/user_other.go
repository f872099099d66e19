//go:build !linux

package collector

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v3/host"
)

func userSource(r roots) Source {
	return Source{Name: "users", Every: 30 * time.Second, Read: func(ctx context.Context) (Part, error) {
		stats, err := host.UsersWithContext(ctx)
		if err != nil { // not implemented, or no such file
			return nil, notHere(fmt.Sprintf("%s does not tell users: %v", runtime.GOOS, err))
		}
		part := &userPart{}
		for _, u := range stats[:min(len(stats), mostUsers)] {
			part.users = append(part.users, User{
				Name:     clean(u.User),
				Terminal: clean(u.Terminal),
				From:     clean(u.Host),
				Since:    unixMilliseconds(int64(u.Started), 0),
			})
		}
		return part, nil
	}}
}
