export { BACKUP_CONTENT_TYPE, entryLine, type BackupHeader } from './backup-format.js';
export { BackupReader } from './read-backup.js';
export { writeBackup } from './write-backup.js';
