import Crypto

extension Job {
    /// Identifies what a run of this job runs: 64 hexadecimal digits.
    ///
    /// Two definitions with the same digest need no restart: name, description, priority, `dependsOn`,
    /// `rerun` and `suspend` are left out, defaults are filled in, and quantities count by their value, so that another
    /// spelling of the same job is the same.
    public var digest: String {
        var hash = FieldHash()
        hash.add("runtime", runtime.description)
        hash.add("workdir", workdir)
        hash.add("bootfile", bootfile)
        // Not for jobs without one, whose digest stays what it was.
        if let module {
            hash.add("module", module)
        }
        hash.add("args", args)
        for (name, value) in (environment ?? [:]).sorted(by: { $0.key < $1.key }) {
            hash.add("environment", [name, value])
        }
        hash.add("directories", [checkpointDir, eventDir, modelDir, logDir].map { $0 ?? "" })
        for group in replicas.filter({ $0.count > 0 }).sorted(by: { $0.type.rawValue < $1.type.rawValue }) {
            let resource = group.resource
            let numbers = [group.count, resource.cpu.millicores, resource.memory.bytes, resource.gpu].map(String.init)
            hash.add("replicas", [group.type.rawValue, (group.restartPolicy ?? .never).rawValue] + numbers)
        }
        hash.add("successPolicy", (successPolicy ?? .defaultPolicy).rawValue)
        let policy = effectiveRunPolicy
        hash.add("cleanPodPolicy", policy.effectiveCleanPodPolicy.rawValue)
        hash.add("backoffLimit", String(policy.effectiveBackoffLimit))
        hash.add("activeDeadlineSeconds", policy.activeDeadlineSeconds.map(String.init))
        hash.add("ttlSecondsAfterFinished", policy.ttlSecondsAfterFinished.map(String.init))
        hash.add("restartScope", policy.effectiveRestartScope.rawValue)
        return hash.finish()
    }
}

/// A SHA-256 over named fields. Each string goes in with its length, so no two lists of fields give the same bytes.
private struct FieldHash {
    private var hash = SHA256()

    mutating func add(_ name: String, _ value: String?) {
        add(name, value.map { [$0] } ?? [])
    }

    mutating func add(_ name: String, _ values: [String]) {
        update(name)
        update(String(values.count))
        for value in values {
            update(value)
        }
    }

    private mutating func update(_ text: String) {
        hash.update(data: Array("\(text.utf8.count):".utf8))
        hash.update(data: Array(text.utf8))
    }

    func finish() -> String {
        hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }
}
