package dashboard

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// kinds is every kind of file that is served. What is not here, such as the Go file beside the assets, is not there.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
}

// policy lets the page load our own files and nothing else: no inline script or style, no other origin, no frame
// around it from elsewhere, and no way from a string into markup. Files carry it, for they can become documents; the
// API's answers cannot, and every byte of their heads is on show.
const policy = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors "

// guardDocument sets what holds for a document: ancestors are whose pages may have it in a frame.
func (d *Dashboard) guardDocument(c *fiber.Ctx, ancestors string) {
	c.Set("Content-Security-Policy", policy+ancestors)
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Referrer-Policy", "no-referrer")
}

// noAssets is the page of a dashboard that was given no files.
const noAssets = "fivewire: the API is at api/v1/; for the page, set dashboard.Config.Assets to assets.FS\n"

// getAsset serves the browser's files byte for byte as they are in the folder. The browser asks each time whether they
// have changed: they are small, and a stale module among new ones is a riddle.
func (d *Dashboard) getAsset(c *fiber.Ctx) error {
	d.guardDocument(c, d.config.Access.ancestors())
	name := strings.TrimPrefix(c.Params("*"), "/")
	if name == element {
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
		c.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if name == "" {
		// The page's own URLs are relative, and Fiber answers without the slash as well. The way there is relative too,
		// so that it holds behind a proxy that adds a prefix.
		at, query, _ := strings.Cut(c.OriginalURL(), "?")
		if !strings.HasSuffix(at, "/") {
			if query != "" {
				query = "?" + query
			}
			return c.Redirect(at[strings.LastIndexByte(at, '/')+1:]+"/"+query, fiber.StatusPermanentRedirect)
		}
		c.Vary(fiber.HeaderAccept)
		if readsText(c.Get(fiber.HeaderAccept)) {
			return d.getText(c)
		}
		if d.config.Assets == nil {
			c.Set(fiber.HeaderCacheControl, "no-store")
			return c.SendString(noAssets)
		}
		name = "index.html"
	}
	return d.sendAsset(c, name)
}

// sendAsset sends a file of the browser's.
func (d *Dashboard) sendAsset(c *fiber.Ctx, name string) error {
	kind, known := kinds[path.Ext(name)]
	if d.config.Assets == nil || !known || !fs.ValidPath(name) {
		return d.nothingHere(c)
	}
	content, err := fs.ReadFile(d.config.Assets, name)
	if err != nil {
		return d.nothingHere(c)
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(content)
}
