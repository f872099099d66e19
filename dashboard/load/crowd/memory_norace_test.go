//go:build !race

package crowd

const raceDetector = false

// viewerMost is what TestViewerIsSmall lets a viewer cost, in bytes.
const viewerMost = 8000

// viewerMostTLS is the same of one over TLS: keys, and a share of buffers that would do for thousands.
const viewerMostTLS = 11_000
