"""The swappers: blocks, families, losses, augmentation, checkpoints."""
