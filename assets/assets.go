// Package assets holds the browser's files, as they stand in this folder, for programs that mount the dashboard.
package assets

import "embed"

// FS is index.html and what it loads, and embed.html, a page with one panel. There is no build step: it is served as
// written, and where a page asks for a module with all that it imports, they are put one behind the other.
//
//go:embed index.html embed.html favicon.svg css js
var FS embed.FS
