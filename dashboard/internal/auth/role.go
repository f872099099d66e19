package auth

// A Role is what somebody may do. Each may do what those before it may, and the zero Role is none: what declares no role
// is open to nobody.
type Role uint8

// The roles, from the least to the most.
const (
	Undeclared Role = iota
	Anybody         // who has not said who it is: probes, the login, the page's own files
	Viewer          // may look
	Presenter       // may also break things on purpose, connect a crowd, and set marks
	Operator        // may do all there is: silence alerts, hand out links, take them back
)

func (r Role) String() string {
	return [...]string{"undeclared", "anybody", "viewer", "presenter", "operator"}[r]
}

// May tells whether r may do what asks for needed.
func (r Role) May(needed Role) bool { return needed != Undeclared && r >= needed }
