//go:build !race

package crowd

// viewerMost is what TestViewerIsSmall lets a viewer cost, in bytes.
const viewerMost = 8000
