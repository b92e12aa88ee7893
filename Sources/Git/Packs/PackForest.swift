/// The blobs of packs that are to be read, and all that they are deltas of: each below its base, so that nothing is unpacked twice.
struct PackForest: Sendable {
    /// One object of a pack.
    struct Node: Sendable {
        let pack: Int
        let entry: PackEntry
        /// The first of the indices at which it is to be read, as a link; nil for what is needed as a base alone.
        fileprivate(set) var wanted: Int?
        /// The first of what is a delta of it, as a link.
        fileprivate(set) var child: Int?
        /// The next delta of the same base.
        fileprivate(set) var sibling: Int?
    }

    let packs: [Pack]
    /// What is looked for, by index.
    let ids: [ObjectID]
    private(set) var nodes: [Node] = []
    /// What is no delta.
    private(set) var roots: [Int] = []
    /// Of each index, the next one of the same object.
    private var nextOfSame: [Int?]

    /// Looks blobs up.
    ///
    /// - Parameter indices: which of the names to look for. What is in none of the packs, or is no blob there, is left out.
    init(of ids: [ObjectID], at indices: [Int], in packs: [Pack]) {
        (self.ids, self.packs) = (ids, packs)
        nextOfSame = Array(repeating: nil, count: ids.count)
        nodes.reserveCapacity(indices.count)
        var rest = indices
        for pack in packs.indices where !rest.isEmpty {
            rest = add(rest, of: pack)
        }
    }

    /// The indices at which a node is to be read.
    func forEachIndex(of node: Int, _ body: (Int) -> Void) {
        var next = nodes[node].wanted
        while let index = next {
            body(index)
            next = nextOfSame[index]
        }
    }

    /// - Returns: the indices of what is not in the pack.
    private mutating func add(_ indices: [Int], of number: Int) -> [Int] {
        let pack = packs[number]
        var known: [Int: Int] = [:]
        known.reserveCapacity(indices.count)
        return pack.index.bytes.read { names in
            pack.bytes.read { bytes in
                indices.filter { index in
                    guard let offset = pack.index.offset(of: ids[index], names) else { return true }
                    if let node = node(at: offset, number, bytes, names, &known) {
                        (nextOfSame[index], nodes[node].wanted) = (nodes[node].wanted, index)
                    }
                    return false
                }
            }
        }
    }

    /// The node of an object, made with all its bases where there is none yet; nil where the object is garbled.
    ///
    /// A base that is missing leaves its deltas without a root: nobody comes to them.
    private mutating func node(
        at offset: Int,
        _ pack: Int,
        _ bytes: Span<UInt8>,
        _ names: Span<UInt8>,
        _ known: inout [Int: Int]
    ) -> Int? {
        var (first, child): (Int?, Int?) = (nil, nil)
        var next: Int? = offset
        while let offset = next {
            if let node = known[offset] {
                link(child, below: node)
                return first ?? node
            }
            guard let entry = PackEntry(bytes, at: offset) else { return first }
            let node = nodes.count
            known[offset] = node
            nodes.append(Node(pack: pack, entry: entry))
            link(child, below: node)
            (first, child) = (first ?? node, node)
            switch entry.kind {
            case .delta(.offset(let base)): next = base
            case .delta(.id(let base)): next = packs[pack].index.offset(of: base, names)
            case .blob:
                roots.append(node)
                next = nil
            }
        }
        return first
    }

    private mutating func link(_ child: Int?, below base: Int) {
        guard let child else { return }
        (nodes[child].sibling, nodes[base].child) = (nodes[base].child, child)
    }
}
