package main

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/fivewire/fivewire/assets"
)

// browserFiles are the files the binary serves: those compiled in, or a folder that is being edited.
func browserFiles(dir string) (fs.FS, error) {
	if dir == "" {
		return assets.FS, nil
	}
	root, err := os.OpenRoot(dir) // a root, so that no link leads out of it
	if err != nil {
		return nil, fmt.Errorf("--assets: %w", err)
	}
	if _, err := fs.Stat(root.FS(), "index.html"); err != nil {
		return nil, fmt.Errorf("--assets %s: there is no index.html in it", dir)
	}
	return root.FS(), nil
}
