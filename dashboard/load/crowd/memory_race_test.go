//go:build race

package crowd

// viewerMost is what TestViewerIsSmall lets a viewer cost, in bytes. The race detector's own calls make a goroutine's
// stack two to eight times as large; a buffer of a viewer's own would still be seen.
const viewerMost = 24000
