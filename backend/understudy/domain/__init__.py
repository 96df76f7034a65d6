"""The words of the trade as plain values. Nothing here imports any other part of Understudy."""
