package doctor

// users: will the names and passwords be read?
func users(h *Host) Finding {
	if h.Users == nil {
		return ok("no file of users is named")
	}
	if err := h.Users(); err != nil {
		return refused(err, "lines that fivewire password prints, in a file that the user that fivewire runs as can read and others cannot write")
	}
	if f, is := h.exposed(h.UsersFile); is {
		return f
	}
	return ok("the users can be read")
}
