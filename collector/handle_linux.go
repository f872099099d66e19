package collector

import (
	"context"
	"fmt"
)

type handleReader struct{ file kernelFile }

func newHandleReader(r roots) *handleReader {
	return &handleReader{file: kernelFile{path: r.ofProc("sys", "fs", "file-nr")}}
}

func (h *handleReader) read(context.Context) (Part, error) {
	b, err := h.file.read()
	if err != nil {
		return nil, fmt.Errorf("read handles: %w", err)
	}
	handles, err := parseHandles(b)
	if err != nil {
		return nil, fmt.Errorf("read handles: %w", err)
	}
	return &handlePart{handles: handles}, nil
}
