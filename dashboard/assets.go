package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"

	"github.com/fivewire/fivewire/dashboard/internal/bundle"
	"github.com/fivewire/fivewire/dashboard/internal/deflate"
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

// getAsset serves the browser's files byte for byte as they are in the folder, and bundles of modules. The browser asks each time
// whether they have changed: a stale module among new ones is a riddle.
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

// pages are the modules that pages name: what they import is bundled with them.
var pages = [...]string{"js/main.js", "js/embed.js"}

// bundled is what modules are sent as where they are compiled in: together, put together when a page is first asked for,
// and kept compressed, as every browser takes them. Of a folder, which somebody may be editing, each is sent as it is.
type bundled [len(pages)]struct {
	once  sync.Once
	files map[string][]byte // by address
}

// bundle is a bundle, compressed; nil for what is sent as it is.
func (d *Dashboard) bundle(name, query string) []byte {
	compiled, ok := d.config.Assets.(embed.FS)
	key, root, later := strings.Cut(query, "=")
	if !ok || key != bundle.Key {
		return nil
	}
	if !later {
		root = name
	}
	page := slices.Index(pages[:], root)
	if page < 0 {
		return nil
	}
	b := &d.bundled[page]
	b.once.Do(func() {
		files, err := bundle.Files(compiled, root)
		if err != nil {
			d.log.Warn("modules are sent one by one", "page", root, "error", err)
		}
		for address, text := range files {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			_, _ = w.Write(text) // a buffer takes everything
			_ = w.Close()
			files[address] = packed.Bytes()
		}
		b.files = files
	})
	return b.files[name+"?"+query]
}

// sendAsset sends a file of the browser's.
func (d *Dashboard) sendAsset(c *fiber.Ctx, name string) error {
	kind, known := kinds[path.Ext(name)]
	if d.config.Assets == nil || !known || !fs.ValidPath(name) {
		return d.nothingHere(c)
	}
	content := d.bundle(name, string(c.Context().URI().QueryString()))
	packed := content != nil
	if !packed {
		var err error
		if content, err = fs.ReadFile(d.config.Assets, name); err != nil {
			return d.nothingHere(c)
		}
	}
	sum := sha256.Sum256(content)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	if packed {
		tag = "W/" + tag // the same, compressed or not
	}
	c.Set(fiber.HeaderETag, tag)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if packed {
		c.Vary(fiber.HeaderAcceptEncoding)
	}
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, kind)
	if packed && !deflate.AcceptsGzip(c.Request().Header.PeekAll(fiber.HeaderAcceptEncoding)) {
		r, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return err
		}
		_, err = r.WriteTo(c.Context().Response.BodyWriter())
		return err
	}
	if packed {
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	return c.Send(content)
}
