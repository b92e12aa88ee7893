public import Jobs

extension Job {
    /// The maximum number of replicas of a job, over all types.
    public static let mostReplicas = 1000
}

extension JobDraft {
    /// Checks the rules about several keys and creates the job.
    ///
    /// - Parameters:
    ///   - object: the token of the object that the draft was read from.
    ///   - metadata: the `metadata` beside the object in the form that the service returns.
    /// - Returns: nil if there is an error.
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

    /// The program, from exactly one of the keys `bootfile` and `module`.
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
        if bootfile == nil, module == nil, !isMeant(["bootfile", "module"], in: object, reader) {
            reader.error(at: object, "a job needs the key \"bootfile\", or \"module\" for python -m: add it")
        }
        return bootfile?.value.map(Program.script) ?? module?.value.map(Program.module)
    }

    /// Whether an unknown key, which is reported already, probably means one of some keys of the job.
    private func isMeant(_ names: [String], in object: Int, _ reader: Reader) -> Bool {
        names.contains { reader.hasMeantKey($0, in: object, Self.table.title) }
    }

    /// The job's name; nil if it equals the id, since the service shows the id as the name of a job without a name.
    private func checkedName(_ metadata: MetadataDraft?, _ reader: inout Reader) -> String? {
        let outer = metadata?.name?.value
        if let outer, let inner = name, let value = inner.value, value != outer {
            reader.error(at: inner.token, "\"metadata\" has another name, \(Quoted.text(outer)): write it there alone")
        }
        let written = outer ?? name?.value
        return written == reader.key.id ? nil : written
    }
}

extension JobDraft {
    /// Checks the replica groups of either form, each and all together.
    ///
    /// - Returns: the valid groups; all of them if there is no error.
    func checkedGroups(of object: Int, _ reader: inout Reader) -> [ReplicaGroup] {
        if let replicas {
            for value in shortForm {
                let key = value - 1
                let name = reader.tape.text(key)
                reader.error(
                    at: key,
                    "\"\(name)\" can't stand beside \"replicas\": write it in a group, or leave it out"
                )
            }
            guard let drafts = replicas.value else { return [] }
            checkTypes(drafts, &reader)
            checkSum(drafts, at: replicas.token, &reader)
            return drafts.compactMap(\.group)
        }
        guard !isMeant(["replicas"], in: object, reader),
            !reader.hasMeantKey(
                ReplicaGroupDraft.resourceName,
                in: object,
                ReplicaGroupDraft.table.title
            )
        else { return [] }
        guard !shortForm.isEmpty || isMeant(["cpu", "memory"], in: object, reader) else {
            reader.error(
                at: object,
                "a job needs the key \"replicas\", or \"cpu\" and \"memory\" for a single group: add it"
            )
            return []
        }
        if resources.cpu == nil, !isMeant(["cpu"], in: object, reader) {
            reader.error(at: object, "a job without \"replicas\" needs the key \"cpu\": add it")
        }
        if resources.memory == nil, !isMeant(["memory"], in: object, reader) {
            reader.error(at: object, "a job without \"replicas\" needs the key \"memory\": add it")
        }
        checkSum([group], at: group.count?.token ?? object, &reader)
        guard let resources = resources.resources else { return [] }
        let type = group.type?.value ?? ReplicaGroup.defaultType
        return [ReplicaGroup(type: type, count: group.count?.value ?? ReplicaGroup.defaultCount, resource: resources)]
    }

    private func checkTypes(_ drafts: [ReplicaGroupDraft], _ reader: inout Reader) {
        var known: [ReplicaType] = []
        for entry in drafts.compactMap(\.type) {
            guard let type = entry.value else { continue }
            if known.contains(type) {
                reader.error(
                    at: entry.token,
                    "there is a group of type \"\(type.rawValue)\" already: write one, with their \"count\" together"
                )
            } else if type == .chief && known.contains(.master) || type == .master && known.contains(.chief) {
                reader.error(
                    at: entry.token,
                    "a job has a chief or a master, not both: write \"worker\" for one, or leave it out"
                )
            }
            known.append(type)
        }
    }

    private func checkSum(_ drafts: [ReplicaGroupDraft], at token: Int, _ reader: inout Reader) {
        var sum = 0
        for draft in drafts {
            if let count = draft.count {
                guard let value = count.value else { return }
                sum += value
            } else {
                sum += ReplicaGroup.defaultCount
            }
        }
        let place = drafts.count == 1 ? drafts.first?.count?.token ?? token : token
        if sum == 0 {
            reader.error(at: place, "a job needs a replica: write a \"count\" of at least 1")
        } else if sum > Job.mostReplicas {
            reader.error(at: place, "these are \(sum) replicas: write at most \(Job.mostReplicas) in all")
        }
    }
}
