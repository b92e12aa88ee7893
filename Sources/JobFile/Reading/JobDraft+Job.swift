public import Jobs

extension Job {
    /// The most replicas of a job, over all types.
    public static let mostReplicas = 1000
}

extension JobDraft {
    /// Checks what the keys have to do with each other, and makes the job.
    ///
    /// - Parameters:
    ///   - object: the object that the draft was read from.
    ///   - metadata: what stands beside the object in the form of the service.
    /// - Returns: nil where there is an error.
    func job(of object: Int, metadata: MetadataDraft? = nil, _ reader: inout Reader) -> Job? {
        let groups = checkedGroups(of: object, &reader)
        let name = checkedName(metadata, &reader)
        let program = checkedProgram(of: object, &reader)
        if let program, workdir == nil || workdir?.value != nil {
            reader.code = JobCode(workdir: workdir?.value, program: program)
        }
        guard !reader.findings.hasError, let runtime = runtime?.value, let program else { return nil }
        var job = Job(runtime: runtime, program: program, args: args?.value ?? [], replicas: groups)
        job.name = name
        job.description = description?.value
        job.workdir = workdir?.value
        job.environment = environment?.value
        job.checkpointDir = checkpointDir?.value
        job.eventDir = eventDir?.value
        job.modelDir = modelDir?.value
        job.logDir = logDir?.value
        job.successPolicy = successPolicy?.value
        job.runPolicy = runPolicy?.value
        job.priority = priority?.value
        job.dependsOn = dependsOn?.value
        job.rerun = rerun?.value
        return job
    }

    /// What the job runs: exactly one of the keys `bootfile` and `module`.
    private func checkedProgram(of object: Int, _ reader: inout Reader) -> Program? {
        if let bootfile, let module {
            let later = max(bootfile.token, module.token)
            let names = later == module.token ? ("bootfile", "module") : ("module", "bootfile")
            reader.error(
                at: later - 1,
                "\"\(names.1)\" can't stand beside \"\(names.0)\": a job runs a script or a module, leave one of them out"
            )
            return nil
        }
        if bootfile == nil, module == nil {
            reader.error(at: object, "a job needs the key \"bootfile\", or \"module\" for python -m: add it")
        }
        return bootfile?.value.map(Program.script) ?? module?.value.map(Program.module)
    }

    /// The name of its own that the job has. The service shows the id as the name of a job without one,
    /// so such a name is none.
    private func checkedName(_ metadata: MetadataDraft?, _ reader: inout Reader) -> String? {
        let outer = metadata?.name?.value
        if let outer, let inner = name, let value = inner.value, value != outer {
            reader.error(at: inner.token, "\"metadata\" has another name, \(Quoted.text(outer)): write it there alone")
        }
        let written = outer ?? name?.value
        return written == reader.key.id ? nil : written
    }
}
