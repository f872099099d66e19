//go:build race

package crowd

const raceDetector = true

// viewerMost is what TestViewerIsSmall lets a viewer cost, in bytes. The race detector's own calls make a goroutine's
// stack two to eight times as large: without it the limits are what users get.
const viewerMost = 40_000
