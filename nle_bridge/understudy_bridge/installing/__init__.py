"""`understudy bridge install`: an editor's side into a folder of ours, its entry where the editor looks."""
