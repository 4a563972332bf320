"""The commands of ``qa``, a module for each group; thin, over the service and what lies below it."""
