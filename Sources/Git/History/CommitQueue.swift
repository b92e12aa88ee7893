/// What waits to be visited, newest first; of one time, first come, first served, as in `git log`.
struct CommitQueue<Element> {
    private struct Place {
        let time: Int64
        let number: Int
        let element: Element

        func comes(before other: Place) -> Bool {
            time == other.time ? number < other.number : time > other.time
        }
    }

    /// A binary heap: each place comes before the two at twice its index.
    private var places: [Place] = []
    private var count = 0

    mutating func add(_ element: Element, time: Int64) {
        var index = places.count
        places.append(Place(time: time, number: count, element: element))
        count += 1
        while index > 0, places[index].comes(before: places[(index - 1) / 2]) {
            places.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func next() -> Element? {
        guard let first = places.first else { return nil }
        places.swapAt(0, places.count - 1)
        places.removeLast()
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < places.count }
            guard let child = children.min(by: { places[$0].comes(before: places[$1]) }) else { break }
            guard places[child].comes(before: places[index]) else { break }
            places.swapAt(index, child)
            index = child
        }
        return first.element
    }
}
