"""What public pages say, and how it is written as HTML, JSON, Atom and SVG."""
