import Jobs

extension JobDraft {
    /// The replica groups of either form, each checked and all together.
    ///
    /// - Returns: those that can be used; all of them where there is no error.
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
        guard !shortForm.isEmpty else {
            reader.error(
                at: object,
                "a job needs the key \"replicas\", or \"cpu\" and \"memory\" for a single group: add it"
            )
            return []
        }
        if resources.cpu == nil {
            reader.error(at: object, "a job without \"replicas\" needs the key \"cpu\": add it")
        }
        if resources.memory == nil {
            reader.error(at: object, "a job without \"replicas\" needs the key \"memory\": add it")
        }
        checkSum([group], at: group.count?.token ?? object, &reader)
        guard let resources = resources.resources else { return [] }
        return [ReplicaGroup(type: group.type?.value ?? .worker, count: group.count?.value ?? 1, resource: resources)]
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
                sum += 1
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
