"""Pictures as numbers: where each bar, box and line of an SVG stands. Pure; templates draw them."""
