//go:build !linux

package collector

import (
	"context"
	"runtime"
)

func pagingSource(roots) Source {
	return Source{Name: "paging", Read: func(context.Context) (Part, error) {
		return nil, notHere("paging is not read on " + runtime.GOOS)
	}}
}
