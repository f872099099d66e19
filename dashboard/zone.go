package dashboard

import (
	"os"
	"strings"
	"time"
)

// A zone is the server's time zone, for pages that tell times by it.
type zone struct {
	Name   string `json:"name,omitempty"` // in the IANA database, "Europe/Prague"; left out where the system does not say
	Offset int    `json:"offset_s"`       // seconds east of UTC, now
}

// zoneOf is the zone that now is told in.
func zoneOf(now time.Time) zone {
	_, offset := now.Zone()
	return zone{Name: zoneName(now.Location().String(), os.Getenv("TZ"), os.Readlink), Offset: offset}
}

// zoneName finds the name of a location: its own, or what it was made from (tzset(3), localtime(5)).
func zoneName(location, variable string, readlink func(string) (string, error)) string {
	if location != "Local" {
		return location
	}
	if variable = strings.TrimPrefix(variable, ":"); variable != "" {
		return afterDatabase(variable)
	}
	target, err := readlink("/etc/localtime")
	if err != nil {
		return "" // a copy of the file, or no file: it does not tell its name
	}
	return afterDatabase(target)
}

// afterDatabase is a zone's name in a path of the database, or a name as it is.
func afterDatabase(path string) string {
	if _, name, found := strings.Cut(path, "zoneinfo/"); found {
		return name
	}
	if strings.HasPrefix(path, "/") || strings.HasPrefix(path, ".") {
		return ""
	}
	return path
}
