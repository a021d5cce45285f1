"""The demo world: two invented businesses, built through the product's own verbs (docs/demo.md)."""
