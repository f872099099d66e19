package command

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fivewire/fivewire/dashboard"
)

// validateAlerts refuses before anything is opened.
func (s *Serve) validateAlerts() error {
	for _, name := range s.AlertOff {
		if !slices.Contains(dashboard.AlertRules(), name) && name != dashboard.FormerAlertRule {
			return fmt.Errorf("--alert-off %q is no rule: want of %s", name, strings.Join(dashboard.AlertRules(), ", "))
		}
	}
	if s.AlertURL != "" && s.AlertURLFile != "" {
		return fmt.Errorf("--alert-url and --alert-url-file say the same: want one of them")
	}
	if s.AlertURL != "" {
		if err := dashboard.CheckAlertURL(s.AlertURL, s.AlertFormat); err != nil {
			return fmt.Errorf("--alert-url: %w", err)
		}
	}
	return nil
}

// Alerts fills in who is told, in a dashboard's configuration. It reads the file.
func (s *Serve) Alerts(config *dashboard.Config) error {
	config.AlertURL, config.AlertFormat, config.AlertOff = s.AlertURL, s.AlertFormat, s.AlertOff
	if s.AlertURLFile == "" {
		return nil
	}
	b, err := os.ReadFile(s.AlertURLFile)
	if err != nil {
		return fmt.Errorf("--alert-url-file: %w", err)
	}
	config.AlertURL = strings.TrimSpace(string(b))
	if err := dashboard.CheckAlertURL(config.AlertURL, s.AlertFormat); err != nil {
		return fmt.Errorf("--alert-url-file %s: %w", s.AlertURLFile, err)
	}
	return nil
}
