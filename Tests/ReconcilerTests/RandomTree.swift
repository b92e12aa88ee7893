import TestSupport

/// A tree of job files, made at random and changed at random: additions, edits, moves, breakages, deletions.
struct RandomTree {
    /// Paths and contents; nil is a symbolic link.
    private(set) var files: [String: String] = [:]
    private var generator: SeededGenerator

    private static let partitions = [
        "clusters/one/partitions/a", "clusters/one/partitions/b", "clusters/two/partitions/a",
    ]

    /// - Parameters:
    ///   - seed: one tree for one seed.
    ///   - jobs: about how many.
    init(seed: UInt64, jobs: Int) {
        generator = SeededGenerator(seed: seed)
        for folder in Self.partitions {
            files["\(folder)/stable.json"] = JobText().text
        }
        for _ in 0..<jobs {
            files[path()] = content()
        }
    }

    private mutating func path() -> String {
        let folder = Self.partitions.randomElement(using: &generator) ?? ""
        return "\(folder)/job-\(Int.random(in: 0..<12, using: &generator)).json"
    }

    /// What stands in a file: mostly a job, in one of its forms.
    private mutating func content() -> String {
        let number = Int.random(in: 0..<3, using: &generator)
        var job = JobText()
        switch Int.random(in: 0..<16, using: &generator) {
        case 0...3: job.description = "Number \(number)"
        case 4...6: job.args = ["--number=\(number)"]
        case 7: job.replicas = [("worker", 1 + number), ("ps", 1)]
        case 8: job.more = [#""runPolicy": {"suspend": true}"#]
        case 9: job.more = [#""priority": \#(number)"#]
        case 10: job.more = [#""rerun": \#(number)"#]
        case 11: job.more = [#""dependsOn": ["stable"]"#]
        case 12: job.more = [#""dependsOn": ["nowhere"]"#]
        case 13: job.more = [#""enviroment": "A=\#(number)""#]
        case 14: return String(job.text.dropLast(4))
        default: job.more = [#""count": 2"#]
        }
        return job.text
    }

    /// Two jobs that wait for each other.
    private mutating func addCircle() {
        let folder = Self.partitions.randomElement(using: &generator) ?? ""
        for (id, other) in [("circle-1", "circle-2"), ("circle-2", "circle-1")] {
            files["\(folder)/\(id).json"] = JobText().with { $0.more = [#""dependsOn": ["\#(other)"]"#] }.text
        }
    }

    /// Changes so many files.
    mutating func change(_ count: Int) {
        for _ in 0..<count {
            let old = files.keys.filter { !$0.contains("stable") && !$0.contains("circle") }.sorted()
                .randomElement(using: &generator)
            switch Int.random(in: 0..<12, using: &generator) {
            case 0...2: files[path()] = content()
            case 3...6: if let old { files[old] = content() }
            case 7: if let old { files[path()] = files.removeValue(forKey: old) }
            case 8: files["clusters/one/astray.json"] = content()
            case 9: files["clusters/one/partitions/a/README.md"] = "\(count)"
            case 10: addCircle()
            default: if let old { files[old] = nil }
            }
        }
    }

    /// Removes so many jobs at once.
    mutating func removeMany() {
        for path in files.keys.filter({ $0.hasPrefix("clusters/one/") }).sorted().dropFirst(1).shuffled(
            using: &generator
        ) {
            files[path] = nil
        }
    }

    /// Makes the work tree have these files and no others.
    func write(to repository: JobsRepository) throws {
        try? repository.remove("clusters")
        for (path, text) in files {
            try repository.write(text, to: path)
        }
    }
}
