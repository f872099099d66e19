package collector

import "strings"

// knownKeys are kinds of keys that have a prefix, so that they can be found.
var knownKeys = [...]struct {
	prefix string
	least  int // characters behind it
	plain  bool
}{
	{"AKIA", 12, true}, {"ASIA", 12, true}, // Amazon
	{"ghp_", 20, true}, {"gho_", 20, true}, {"ghu_", 20, true}, {"ghs_", 20, true}, {"ghr_", 20, true}, {"github_pat_", 20, false},
	{"glpat-", 16, false}, {"gldt-", 16, false}, {"glrt-", 16, false}, {"glptt-", 16, false}, {"glcbt-", 16, false}, {"glsoat-", 16, false},
	{"xoxb-", 10, false}, {"xoxp-", 10, false}, {"xoxa-", 10, false}, {"xoxe-", 10, false}, {"xoxr-", 10, false}, {"xoxs-", 10, false}, {"xapp-", 10, false},
	{"sk-", 20, false}, {"sk_live_", 10, true}, {"sk_test_", 10, true}, {"rk_live_", 10, true}, {"whsec_", 16, false},
	{"AIza", 30, false}, {"ya29.", 20, false}, {"npm_", 30, true}, {"pypi-AgE", 20, false}, {"dop_v1_", 30, true},
	{"hvs.", 20, false}, {"hf_", 30, true}, {"SG.", 30, false}, {"AGE-SECRET-KEY-", 20, true},
	{"dckr_pat_", 16, false}, {"dckr_oat_", 16, false}, {"shpat_", 20, true}, {"shpca_", 20, true}, {"shppa_", 20, true}, {"shpss_", 20, true},
	{"tskey-", 16, false}, {"GOCSPX-", 16, false}, {"hvb.", 20, false}, {"hvr.", 20, false}, {"s.", 24, true}, {"b.", 60, true}, {"glc_", 20, false}, {"glsa_", 20, false},
	{"sbp_", 30, true}, {"gsk_", 30, true}, {"lin_api_", 20, true}, {"ATATT", 20, false}, {"figd_", 20, false}, {"r8_", 30, true},
	{"xai-", 30, true}, {"nvapi-", 30, false}, {"sntrys_", 20, false}, {"sntryu_", 20, true}, {"rubygems_", 30, true}, {"dapi", 32, true},
	{"PMAK-", 30, false}, {"doo_v1_", 30, true}, {"dor_v1_", 30, true}, {"ntn_", 30, true}, {"sq0csp-", 20, false}, {"fo1_", 30, false}, {"ops_", 60, false},
}

// keyAt is the length of a well-known kind of key that a text begins with; 0 for none.
func keyAt(s string) int {
	switch s[0] {
	case 'e':
		return webTokenAt(s)
	case '-':
		const begin = "-----BEGIN "
		if !strings.HasPrefix(s, begin) || !strings.Contains(s[:min(len(s), 60)], "PRIVATE KEY") {
			return 0
		}
		_, end, found := strings.Cut(s, "-----END ")
		if !found {
			return len(s)
		}
		_, end, _ = strings.Cut(end, "-----")
		return len(s) - len(end)
	}
	for _, kind := range knownKeys {
		if s[0] != kind.prefix[0] || !strings.HasPrefix(s, kind.prefix) { // the first byte alone, since this is asked most
			continue
		}
		n := len(kind.prefix)
		for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || !kind.plain && strings.IndexByte("-_.", s[n]) >= 0) {
			n++
		}
		if n-len(kind.prefix) >= kind.least {
			return n
		}
	}
	return 0
}

// webTokenAt is for a JSON web token (RFC 7519): three parts with dots between them, the first of which begins with {".
func webTokenAt(s string) int {
	if !strings.HasPrefix(s, "eyJ") {
		return 0
	}
	n, dots := 0, 0
	for n < len(s) && (isNameByte(s[n]) || s[n] == '=') {
		if s[n] == '.' {
			dots++
		}
		n++
	}
	if dots == 0 || n < 20 {
		return 0
	}
	return n
}
