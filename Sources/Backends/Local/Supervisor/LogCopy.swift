import Foundation
import Synchronization
import SystemPackage

/// A copy of a log on another file system, which grows with it.
///
/// A copy that can't be written must not end the training: what is missing is tried again, and is in the run's own log anyway.
final class LogCopy: Sendable {
    private struct State {
        let log: FileDescriptor
        let copy: FileDescriptor
        var offset: Int64 = 0
    }

    /// Nil where one of the files can't be opened.
    private let state: Mutex<State?>

    /// - Parameters:
    ///   - log: what is copied, from its first byte on.
    ///   - copy: the new file. Where there is one of that name, it is not written to.
    init(of log: String, to copy: String) {
        let options: FileDescriptor.OpenOptions = [.create, .exclusiveCreate, .noFollow, .closeOnExec]
        let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
        guard let source = try? FileDescriptor.open(FilePath(log), .readOnly, options: [.noFollow, .closeOnExec]) else {
            state = Mutex(nil)
            return
        }
        let target = try? FileDescriptor.open(FilePath(copy), .writeOnly, options: options, permissions: permissions)
        state = Mutex(target.map { State(log: source, copy: $0) })
        if target == nil {
            try? source.close()
        }
    }

    deinit {
        state.withLock { state in
            try? state?.log.close()
            try? state?.copy.close()
        }
    }

    /// Copies what is new once a second until the task is cancelled.
    func keepUp() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            catchUp()
        }
    }

    /// Copies what is new.
    func catchUp() {
        state.withLock { state in
            guard var current = state else { return }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while let count = try? unsafe buffer.withUnsafeMutableBytes({
                unsafe try current.log.read(fromAbsoluteOffset: current.offset, into: $0)
            }), count > 0 {
                guard (try? current.copy.writeAll(toAbsoluteOffset: current.offset, buffer[..<count])) != nil else {
                    break
                }
                current.offset += Int64(count)
            }
            state = current
        }
    }
}
