// Package auth says who somebody is, and what they may do.
package auth
