package alert

import (
	"fmt"
	"slices"
	"time"
)

// mostSentences is how many are told one by one.
const mostSentences = 5

// Sentences is what fires of some rules that nobody has silenced, a sentence each, what began last first.
func Sentences(rules []State) (texts []string) {
	var firing []Alert
	for _, rule := range rules {
		for _, a := range rule.Alerts {
			if a.State == Firing && a.Silenced == 0 {
				firing = append(firing, a)
			}
		}
	}
	slices.SortStableFunc(firing, func(a, b Alert) int { return int(max(min(b.Since-a.Since, 1), -1)) })
	for i, a := range firing {
		if i == mostSentences {
			return append(texts, fmt.Sprintf("and %d more", len(firing)-i))
		}
		texts = append(texts, fmt.Sprintf("%s (since %s UTC)", a.Text, time.UnixMilli(a.Since).UTC().Format("15:04:05")))
	}
	return texts
}
