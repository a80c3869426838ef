"""What a deployment does for its own order: copies, exports, prices, and away with what nobody needs."""
