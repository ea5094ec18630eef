"""The template tags of the product's pages; they know words and shapes and no model."""
