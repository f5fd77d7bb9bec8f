"""Compiles the job's files with the project's interpreter, for patches that no test reaches."""

import ambient_job

job = ambient_job.load()
report = ambient_job.Report(job)
for path, message in ambient_job.compile_errors(job["compile"]):
    report.write("uncompiled", path=path, message=message)
report.write("end", exit=0)
