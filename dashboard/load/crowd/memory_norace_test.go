//go:build !race

package crowd

const raceDetector = false

// viewerMost is what TestViewerIsSmall lets a viewer cost, in bytes.
const viewerMost = 8000
