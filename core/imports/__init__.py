"""Courses from elsewhere: sources, formats, and the job that makes a curriculum of one."""
