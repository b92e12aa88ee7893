/// Checks `dependsOn` across jobs: a cycle or an unknown id is an error.
public enum DependencyCheck {
    /// How many unknown ids of a job get an issue. One more issue counts the rest.
    private static let reportedMost = 100

    /// Finds ids without a file, and jobs that wait for each other in a circle. The time is proportional to the
    /// dependencies.
    ///
    /// - Parameters:
    ///   - dependencies: the dependencies of every job in the partitions to check.
    ///   - exists: whether a job has a file, usable or not.
    /// - Returns: the errors of each job with a fault, in the order of its file.
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
                // The first dependency within the circle.
                guard let dependency = dependencies[key]?.first(where: { circle.contains(key.sibling($0.id)) }) else {
                    continue
                }
                faults[key, default: []].append(issue(key, dependency, message(key, members)))
            }
        }
        return faults
    }

    /// How many other members of a circle a message names.
    private static let namedMost = 5

    /// - Parameter circle: the sorted members.
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

/// Finds the strongly connected components with more than one job.
///
/// Tarjan's algorithm (<https://doi.org/10.1137/0201010>), with an explicit stack since chains may be long.
struct DependencyCircles {
    private struct Visit {
        let key: JobKey
        var next = 0
    }

    private let dependencies: [JobKey: [Dependency]]
    private var numbers: [JobKey: Int] = [:]
    private var lowest: [JobKey: Int] = [:]
    private var component: [JobKey] = []
    private var isOpen: Set<JobKey> = []
    private var found: [Set<JobKey>] = []

    static func all(in dependencies: [JobKey: [Dependency]]) -> [Set<JobKey>] {
        var circles = DependencyCircles(dependencies: dependencies)
        for key in dependencies.keys where circles.numbers[key] == nil {
            circles.walk(from: key)
        }
        return circles.found
    }

    private init(dependencies: [JobKey: [Dependency]]) {
        self.dependencies = dependencies
    }

    private mutating func walk(from start: JobKey) {
        var visits = [enter(start)]
        while let visit = visits.last {
            let list = dependencies[visit.key] ?? []
            guard visit.next < list.count else {
                visits.removeLast()
                leave(visit.key)
                if let parent = visits.last?.key {
                    lower(parent, to: lowest[visit.key])
                }
                continue
            }
            visits[visits.count - 1].next += 1
            let target = visit.key.sibling(list[visit.next].id)
            if numbers[target] == nil {
                visits.append(enter(target))
            } else if isOpen.contains(target) {
                lower(visit.key, to: numbers[target])
            }
        }
    }

    private mutating func enter(_ key: JobKey) -> Visit {
        numbers[key] = numbers.count
        lowest[key] = numbers[key]
        component.append(key)
        isOpen.insert(key)
        return Visit(key: key)
    }

    private mutating func lower(_ key: JobKey, to number: Int?) {
        guard let number, let known = lowest[key] else { return }
        lowest[key] = min(known, number)
    }

    private mutating func leave(_ key: JobKey) {
        guard lowest[key] == numbers[key] else { return }
        var members: Set<JobKey> = []
        while let last = component.popLast() {
            isOpen.remove(last)
            members.insert(last)
            if last == key { break }
        }
        // The reader refuses a job that waits for itself.
        if members.count > 1 {
            found.append(members)
        }
    }
}
