import Platform

/// Reads the event files below a folder, as they grow.
///
/// Only regular files are read whose names contain `tfevents`, and no link below the folder is followed. What is kept
/// between two calls is bounded, whatever the files contain.
package struct EventFolder: Sendable {
    /// The most that is kept and looked at.
    package struct Limits: Sendable {
        /// The number of files.
        package var files = 1000
        /// The number of entries of all folders together.
        package var entries = 20_000
        /// How many folders deep.
        package var depth = 8
        /// The number of tags of all folders together. Later ones are left out.
        package var tags = 20_000
        /// The bytes of a tag. Longer ones are left out.
        package var tagLength = 1024

        /// Creates the default limits.
        package init() {}
    }

    /// A file below the folder.
    private struct File {
        let names: [String]
        let inode: UInt64
        var offset = 0
        var isDamaged = false
    }

    /// One number of a curve.
    package struct Scalar: Sendable, Hashable {
        /// The name of the curve.
        package let tag: String
        package let step: Int64
        /// Seconds since 1970.
        package let wallTime: Double
        package let value: Double
    }

    /// A readable event with its scalars.
    package struct Reading: Sendable {
        /// The folder of the file, for example `train`; empty for the event folder itself.
        package let folder: String
        package let step: Int64
        /// Seconds since 1970.
        package let wallTime: Double
        package let scalars: [Scalar]
    }

    private let path: String
    private let limits: Limits
    private var files: [File] = []
    /// The tags by folder whose first value said that they are curves.
    private var curves: [String: Set<String>] = [:]
    private var tagCount = 0

    /// Creates a reader of a folder, which may be absent.
    package init(_ path: String, limits: Limits = Limits()) {
        self.path = path
        self.limits = limits
    }

    /// Reads what is new, the files of each folder in the order of their names, which begin with their times.
    ///
    /// - Parameters:
    ///   - budget: about how many bytes are read at most.
    ///   - time: seconds since 1970; files that last changed before are left out.
    ///   - body: receives each event.
    /// - Returns: whether everything was read that is there.
    @discardableResult
    package mutating func readEvents(
        upTo budget: Int = .max,
        changedSince time: Double = 0,
        _ body: (Reading) -> Void
    ) -> Bool {
        findFiles(changedSince: time)
        var left = budget
        for index in files.indices where !files[index].isDamaged {
            guard left > 0 else { return false }
            // A file that can't be opened may be readable later.
            guard let (count, isAtEnd) = try? readFile(index, upTo: left, body) else { continue }
            left -= count
            guard isAtEnd else { return false }
        }
        return true
    }

    /// Reads the new events of a file.
    ///
    /// - Returns: the bytes that were read, and whether they were all.
    private mutating func readFile(
        _ index: Int,
        upTo budget: Int,
        _ body: (Reading) -> Void
    ) throws(PlatformError) -> (count: Int, isAtEnd: Bool) {
        let names = files[index].names
        let folder = names.dropLast().joined(separator: "/")
        let file = try ReadableFile(below: path, names)
        // Another file got the name since the folder was listed. It counts at the next listing.
        guard file.inode == files[index].inode, try file.size > files[index].offset else { return (0, true) }
        var records = RecordReader(file, at: files[index].offset)
        let start = records.offset
        defer { files[index].offset = records.offset }
        while records.offset - start < budget {
            switch try records.nextRecord() {
            case .record(let data):
                // TensorBoard passes over what it can't parse, too.
                if let event = try? Event(data), !event.isVersion {
                    body(reading(of: event, in: folder))
                }
            case .skipped: break
            case .wait: return (records.offset - start, true)
            case .damaged:
                files[index].isDamaged = true
                return (records.offset - start, true)
            }
        }
        return (records.offset - start, false)
    }

    private mutating func reading(of event: Event, in folder: String) -> Reading {
        let scalars = event.values.compactMap { value -> Scalar? in
            guard value.tag.utf8.count <= limits.tagLength else { return nil }
            if value.plugin == "scalars", !value.isSimple { addCurve(value.tag, in: folder) }
            guard let number = value.number, value.isSimple || curves[folder]?.contains(value.tag) == true else {
                return nil
            }
            return Scalar(tag: value.tag, step: event.step, wallTime: event.wallTime, value: number)
        }
        return Reading(folder: folder, step: event.step, wallTime: event.wallTime, scalars: scalars)
    }

    /// Remembers a curve: only the first value of a tag says that it is one.
    private mutating func addCurve(_ tag: String, in folder: String) {
        guard tagCount < limits.tags else { return }
        if curves[folder, default: []].insert(tag).inserted { tagCount += 1 }
    }
}

extension EventFolder {
    /// Lists the files and keeps how far each was read.
    private mutating func findFiles(changedSince time: Double) {
        let known = Dictionary(files.map { ($0.names, $0) }) { $1 }
        var found: [File] = []
        var (pending, entries): ([[String]], Int) = ([[]], limits.entries)
        while let folder = pending.popLast() {
            let listing = (try? FolderListing.entries(below: path, folder, atMost: entries)) ?? []
            entries -= listing.count
            for entry in listing.sorted(by: { $0.name < $1.name }) {
                let names = folder + [entry.name]
                switch entry.kind {
                case .folder where names.count < limits.depth: pending.append(names)
                case .file where entry.name.contains("tfevents"):
                    guard found.count < limits.files, entry.modified >= time || known[names] != nil else { continue }
                    let before = known[names].flatMap { $0.inode == entry.inode ? $0 : nil }
                    found.append(before ?? File(names: names, inode: entry.inode))
                default: break
                }
            }
        }
        files = found
    }
}
