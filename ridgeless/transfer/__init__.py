"""Pretrain on masked rows, then probe: what the mask ratio does for a task with few labels."""
