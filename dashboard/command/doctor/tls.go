package doctor

import "time"

// lasts is how long a certificate should.
const lasts = 14 * 24 * time.Hour

// certificate: will TLS be spoken, and will browsers take it?
func certificate(h *Host) Finding {
	if h.TLS == nil {
		return ok("no certificate is named, TLS is not spoken")
	}
	until, err := h.TLS()
	exposed, is := h.exposed(h.TLSKey)
	day := until.Format(time.DateOnly)
	switch left := time.Until(until); {
	case err != nil:
		return refused(err, "a certificate and its key, PEM without a passphrase, which the user that fivewire runs as can read")
	case left <= 0:
		return warn("the certificate expired on "+day, "browsers refuse it: put another into its place")
	case is:
		return exposed
	case left < lasts:
		return warn("the certificate expires on "+day, "put another into its place in time")
	}
	return ok("the certificate and its key belong together, until " + day)
}
