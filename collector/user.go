package collector

import (
	"context"
)

// User is somebody who is logged in.
type User struct {
	Name     string `json:"name"`
	Terminal string `json:"terminal"`
	From     string `json:"from"`  // host or address; "" for here
	Since    int64  `json:"since"` // Unix milliseconds
}

func userSource(r roots) Source {
	return Source{Name: "users", Read: func(context.Context) (Part, error) { return nil, notHere("not read yet") }}
}
