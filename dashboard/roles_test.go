package dashboard

import (
	"slices"
	"strings"
	"testing"

	"github.com/fivewire/fivewire/dashboard/internal/auth"
)

// Every URL says who may, and what changes something is not for who may only look: but for a viewer's own commands.
func TestRoles(t *testing.T) {
	s := open(t, Config{}, "")
	for _, r := range s.routes() {
		if r.role == auth.Undeclared {
			t.Errorf("%s %s declares no role, so it is there for nobody", r.method, r.path)
		}
		changes := r.method != "GET" && r.method != "ALL"
		if changes && r.role < auth.Presenter && !slices.Contains([]string{"/api/v1/viewers/:id", "/api/v1/login"}, r.path) {
			t.Errorf("%s %s changes something and is open to a %v", r.method, r.path, r.role)
		}
		open := r.path == "/" || r.path == "/*" || r.path == "/healthz" || r.path == "/readyz" || r.method == "ALL" || r.path == "/api/v1/login" || r.path == "/api/v1/openapi.json" || r.path == "/embed/:panel"
		if r.role == auth.Anybody && !open {
			t.Errorf("%s %s is open to anybody", r.method, r.path)
		}
	}
}

// What declares no role is open to nobody, however much that somebody may.
func TestUndeclaredRole(t *testing.T) {
	for _, role := range []auth.Role{auth.Undeclared, auth.Anybody, auth.Viewer, auth.Presenter, auth.Operator} {
		if role.May(auth.Undeclared) {
			t.Errorf("%v may what nobody may", role)
		}
		if strings.TrimSpace(role.String()) == "" {
			t.Errorf("role %d has no name", role)
		}
	}
	if auth.Viewer.May(auth.Presenter) || !auth.Operator.May(auth.Viewer) {
		t.Error("the order of the roles is wrong")
	}
}
