import Foundation
import GRDB

extension Journal {
    /// When a test that stands by is told of a write.
    package enum WriteMoment: Sendable {
        /// Nothing has been written yet.
        case before
        /// All of it is on the disk.
        case after
    }

    /// Writes in one transaction, durably: all of it or nothing.
    ///
    /// A file that can't be written, on a full disk say, is told by ``ServiceStatus/stateError`` until a write succeeds.
    ///
    /// - Parameters:
    ///   - name: what a test that stands by knows the write by: the function that makes it.
    ///   - change: what is written.
    func write<Value: Sendable>(
        named name: String = #function,
        _ change: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        probe?(.before, name)
        let value: Value
        do {
            value = try await pool.write(change)
        } catch let error as DatabaseError {
            if error.resultCode != .SQLITE_INTERRUPT, error.resultCode != .SQLITE_ABORT {
                board.noteFault("the journal \(path) can't be written: \(error.message ?? "\(error.resultCode)")")
            }
            throw error
        }
        board.noteFault(nil)
        probe?(.after, name)
        return value
    }

    /// Looks whether new files can be made in the state folder. The journal, which is open, may go on to be written where they can't: on a
    /// disk that was mounted read-only over it, or in a folder whose rights were taken away.
    ///
    /// ``ServiceStatus/stateError`` tells of it as long as it lasts.
    ///
    /// - Returns: why they can't, where that is news.
    public func checkFolder() -> String? {
        let folder = URL(fileURLWithPath: pool.path).deletingLastPathComponent().path
        let isWritable = FileManager.default.isWritableFile(atPath: folder)
        let fault = "the state folder \(folder) can't be written; is its disk read-only, or has it another owner?"
        return board.noteFolderFault(isWritable ? nil : fault) && !isWritable ? fault : nil
    }
}
