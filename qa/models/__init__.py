"""Models on this machine: presets, the store that keeps their files, and what runs them."""
