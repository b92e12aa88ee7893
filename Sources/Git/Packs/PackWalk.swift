import Synchronization

/// Reads the blobs of a forest on all processors, each object once: where a base has several deltas, another processor may go on
/// with one of them.
///
/// It is quick where all is well, and nothing more: what it can't read, it passes over, and leaves to libgit2 and its errors.
final class PackWalk: Sendable {
    /// An object that can be unpacked now.
    private struct Step {
        let node: Int
        /// What it is a delta of; empty for a root.
        let base: [UInt8]
    }

    /// Objects that wait for their turn, the last first, so that few bases are kept.
    private struct Steps {
        private var all: [Step] = []
        /// The bytes of their bases.
        private var size = 0

        var isEmpty: Bool { all.isEmpty }

        mutating func add(_ step: Step) {
            guard size + step.base.count <= PackWalk.mostWaiting else { return }
            size += step.base.count
            all.append(step)
        }

        mutating func next() -> Step? {
            guard let step = all.popLast() else { return nil }
            size -= step.base.count
            return step
        }

        /// Hands over those that have waited longest, which have most below them.
        mutating func removeHalf() -> Steps {
            var half = Steps()
            half.all = Array(all.prefix(all.count / 2))
            half.size = half.all.reduce(0) { $0 + $1.base.count }
            all.removeFirst(half.all.count)
            size -= half.size
            return half
        }
    }

    private struct State {
        /// What one worker left to the others.
        var steps = Steps()
        var roots: ArraySlice<Int>
        var isRead: [Bool]

        mutating func next() -> Step? { steps.next() ?? roots.popFirst().map { Step(node: $0, base: []) } }

        var hasNext: Bool { !steps.isEmpty || !roots.isEmpty }
    }

    /// How many files are handed over together: enough that it costs nothing, few enough that all end together.
    private static let mostFiles = 128
    /// With so many bytes they are handed over, too.
    private static let mostBytes = 1 << 20
    /// How many bytes of bases may wait on a processor; the deltas of others are left to libgit2.
    private static let mostWaiting = 32 << 20

    private let forest: PackForest
    private let limit: Int
    private let take: @Sendable ([(index: Int, content: FileContent)]) -> Void
    private let state: Mutex<State>
    private let processors: Processors

    /// - Parameters:
    ///   - forest: the blobs.
    ///   - limit: the most bytes of one that is read.
    ///   - processors: where to take those from that it is done on.
    ///   - take: gets some of them, each with its index, on any thread.
    init(
        _ forest: PackForest,
        limit: Int,
        on processors: Processors = .all,
        _ take: @escaping @Sendable ([(index: Int, content: FileContent)]) -> Void
    ) {
        (self.forest, self.limit, self.processors, self.take) = (forest, limit, processors, take)
        state = Mutex(
            State(roots: forest.roots[...], isRead: Array(repeating: false, count: forest.ids.count))
        )
    }

    /// Reads all that can be read.
    ///
    /// - Returns: the indices of the rest.
    func run() async -> [Int] {
        processors.take()
        await work()
        return state.withLock { state in state.isRead.indices.filter { !state.isRead[$0] } }
    }

    /// Gives the processor that was taken for it back at the end.
    private func work() async {
        await withDiscardingTaskGroup { group in
            let inflater = Inflater()
            var steps = Steps()
            var part: [(index: Int, content: FileContent)] = []
            var size = 0
            while let step = steps.next() ?? state.withLock({ $0.next() }) {
                var isHanded = false
                follow(step, &steps, inflater) { index, bytes in
                    part.append((index, .bytes(bytes)))
                    size += bytes.count
                    if part.count >= Self.mostFiles || size >= Self.mostBytes {
                        hand(&part)
                        (size, isHanded) = (0, true)
                    }
                }
                guard isHanded else { continue }
                if takesWorker(&steps) {
                    group.addTask { await self.work() }
                }
                await Task.yield()
            }
            hand(&part)
            processors.giveBack()
        }
    }

    /// Leaves something to the other processors where they have nothing else.
    ///
    /// - Returns: whether one of them is free for it; then it is taken.
    private func takesWorker(_ steps: inout Steps) -> Bool {
        state.withLock { state in
            if !state.hasNext {
                state.steps = steps.removeHalf()
            }
            return state.hasNext && processors.takeFree()
        }
    }

    private func hand(_ part: inout [(index: Int, content: FileContent)]) {
        guard !part.isEmpty else { return }
        state.withLock { state in
            for file in part {
                state.isRead[file.index] = true
            }
        }
        take(part)
        part.removeAll(keepingCapacity: true)
    }

    /// Unpacks an object, then a delta of it, a delta of that, and so on; what branches off waits.
    private func follow(
        _ step: Step,
        _ steps: inout Steps,
        _ inflater: borrowing Inflater,
        _ read: (Int, [UInt8]) -> Void
    ) {
        var next: Int? = step.node
        var base = step.base
        while let number = next {
            let node = forest.nodes[number]
            if let sibling = node.sibling {
                steps.add(Step(node: sibling, base: base))
            }
            guard let bytes = unpacked(node, base, inflater) else { return }
            if let index = node.wanted {
                guard ObjectID(.blob, bytes) == forest.ids[index] else { return }
                forest.forEachIndex(of: number) { read($0, bytes) }
            }
            (next, base) = (node.child, bytes)
        }
    }

    private func unpacked(_ node: PackForest.Node, _ base: [UInt8], _ inflater: borrowing Inflater) -> [UInt8]? {
        guard node.entry.size <= limit else { return nil }
        let bytes = forest.packs[node.pack].bytes.read { packed in
            inflater.bytes(packed, from: node.entry.start, count: node.entry.size)
        }
        guard case .delta = node.entry.kind else { return bytes }
        return bytes.flatMap { Delta.apply($0, to: base, limit: limit) }
    }
}
