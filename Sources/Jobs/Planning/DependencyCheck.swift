/// Checks `dependsOn` across jobs: a cycle or an unknown id is an error.
public enum DependencyCheck {
    /// How many unknown ids of a job are told; one more issue then says how many there are besides.
    private static let reportedMost = 100

    /// Finds ids that no file has, and jobs that wait for each other in a circle. Takes time in proportion to the dependencies.
    ///
    /// - Parameters:
    ///   - dependencies: of every job that has some, in the partitions to check.
    ///   - exists: tells whether there is a file of a job, usable or not.
    /// - Returns: for each job with a fault its errors, in the order of its file.
    public static func faults(
        in dependencies: [JobKey: [Dependency]],
        exists: (JobKey) -> Bool
    ) -> [JobKey: [Issue]] {
        var faults: [JobKey: [Issue]] = [:]
        for (key, list) in dependencies {
            let unknown = list.filter { !exists(key.sibling($0.id)) }
            guard !unknown.isEmpty else { continue }
            faults[key] = unknown.prefix(reportedMost).map { dependency in
                let path = key.sibling(dependency.id).path
                return issue(
                    key,
                    dependency,
                    "there is no job \"\(dependency.id)\" in this partition: add \(path), or leave the id out"
                )
            }
            if unknown.count > reportedMost {
                let message = "and \(unknown.count - reportedMost) more of such ids: correct these first"
                faults[key]?.append(issue(key, unknown[reportedMost], message))
            }
        }
        for circle in DependencyCircles.all(in: dependencies) {
            let members = circle.sorted()
            for key in members {
                // The first one that leads on within the circle.
                guard let dependency = dependencies[key]?.first(where: { circle.contains(key.sibling($0.id)) }) else {
                    continue
                }
                faults[key, default: []].append(issue(key, dependency, message(key, members)))
            }
        }
        return faults
    }

    /// How many others of a circle are named.
    private static let namedMost = 5

    /// - Parameter circle: sorted.
    private static func message(_ key: JobKey, _ circle: [JobKey]) -> String {
        let others = circle.lazy.filter { $0 != key }.prefix(namedMost).map { "\"\($0.id)\"" }
        let shown = others.joined(separator: ", ")
        let more = circle.count - 1 - others.count
        let rest = more > 0 ? " and \(more) more" : ""
        return "this job and \(shown)\(rest) wait for each other in a circle: leave one of the ids out"
    }

    private static func issue(_ key: JobKey, _ dependency: Dependency, _ message: String) -> Issue {
        Issue(
            path: key.path,
            line: dependency.line,
            column: dependency.column,
            pointer: dependency.pointer,
            severity: .error,
            message: message
        )
    }
}
