/// The strongly connected components of a graph in which one can go round.
///
/// Tarjan's algorithm (<https://doi.org/10.1137/0201010>) with a stack of its own: chains may be long.
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
