// Package assets holds the browser's files, as they stand in this folder, for programs that mount the dashboard.
package assets

import "embed"

// FS is index.html and what it loads, and embed.html, a page with one panel. It is served as written: there is no build step.
//
//go:embed index.html embed.html favicon.svg css js
var FS embed.FS
